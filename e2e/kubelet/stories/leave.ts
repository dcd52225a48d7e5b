// The end: the installation is removed while missions live, and nothing hangs. Then the witness is asked about the whole run.
import { names } from '#api/labels.ts';
import { releaseNamespace } from '#testing/charts/helm.ts';
import { eventually } from '#testing/world.ts';
import { aMission, runCommand } from '../../mission.ts';
import { must, type Story } from '../../story.ts';
import { smallCrew } from '../crew.ts';
import { podsIn } from '../pods.ts';
import { uninstall } from '../release.ts';
import type { KubeletWorld } from '../world.ts';

const kinds = 'all,roles,rolebindings,clusterroles,clusterrolebindings,serviceaccounts,configmaps,poddisruptionbudgets,networkpolicies,flowschemas,prioritylevelconfigurations,validatingadmissionpolicies,validatingadmissionpolicybindings';

export const uninstallStory: Story<KubeletWorld> = {
  name: 'helm uninstall with missions alive: nothing of it is left but volumes and kinds, and missions, pools and namespaces can be deleted at once',
  limitSeconds: 600,
  async run(world) {
    const namespace = await world.namespace('left', smallCrew());
    await world.apply(aMission(namespace, 'alive', [{ name: 'sleep', type: 'Tester', intent: runCommand('sleep', '600') }]));
    await eventually('its task runs', 120, async () => (await world.kubectl('get', 'tasks.coditect.ai', '-n', namespace)).includes('Running'));
    await uninstall(world);
    const left = (await world.kubectl('get', kinds, '-A', '-l', 'app.kubernetes.io/instance=coditect', '-o', 'name')).trim();
    must(left === '', `helm uninstall has left ${left.replaceAll('\n', ', ')}`);
    await world.kubectl('delete', 'missions,agentpools', '--all', '-n', namespace, '--timeout=60s');
    await eventually('the agents go with their pool', 120, async () => (await podsIn(world, namespace)).length === 0);
    must((await world.kubectl('get', 'tasks.coditect.ai', '-n', namespace, '-o', 'name')).trim() === '', 'tasks have outlived their mission');
    await world.kubectl('delete', 'namespace', namespace, releaseNamespace, '--timeout=180s');
    return undefined;
  },
};

export const auditStory: Story<KubeletWorld> = {
  name: 'over the whole run the API server saw no process of ours list or watch Secrets, and none of them lacked a right',
  limitSeconds: 60,
  async run(world) {
    const requests = (await world.audit()).filter(({ user }) => user.username.startsWith(`system:serviceaccount:${releaseNamespace}:coditect-`));
    must(requests.length > 100, `the audit log has ${requests.length} requests of ours, too few to tell`);
    const words = ({ user, verb, objectRef }: (typeof requests)[number]) => `${user.username.split(':').at(-1)} ${verb} ${objectRef?.resource}/${objectRef?.subresource ?? ''} in ${objectRef?.namespace ?? 'all namespaces'}`;
    const secrets = requests.filter(({ verb, objectRef }) => objectRef?.resource === 'secrets' && ['list', 'watch'].includes(verb));
    must(secrets.length === 0, `Secrets were listed or watched: ${[...new Set(secrets.map(words))].join('; ')}`);
    // Processes that are being uninstalled may still ask when their rights are gone.
    const end = (await world.audit()).find(({ verb, objectRef }) => verb === 'delete' && objectRef?.resource?.endsWith('rolebindings') && objectRef.name === names.operator)?.requestReceivedTimestamp ?? '';
    const forbidden = requests.filter(({ annotations }) => annotations?.['authorization.k8s.io/decision'] === 'forbid');
    const denied = forbidden.filter(({ requestReceivedTimestamp }) => end === '' || requestReceivedTimestamp < end);
    must(denied.length === 0, `refused: ${[...new Set(denied.map(words))].join('; ')}`);
    return `${requests.length} requests by ${new Set(requests.map(({ user }) => user.username)).size} ServiceAccounts of ours; 0 lists of Secrets, 0 refusals before helm uninstall${forbidden.length === 0 ? '' : `, after it ${forbidden.map(words).join('; ')}`}`;
  },
};
