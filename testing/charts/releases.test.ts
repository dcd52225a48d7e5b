// Releases of the charts on a real API server: what helm does there, as far as a node without isolation and volumes can show it.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { names } from '#api/labels.ts';
import { type ChartCluster, clusterValues, startChartCluster } from './cluster.ts';
import { charts, findHelm, type Helm, objectsOf, releaseNamespace } from './helm.ts';
import { minimalMonitoringKinds, namespaceNamed, sleeper } from './objects.ts';
import { renderings } from './renderings.ts';

const found = await findHelm(process.env);
const reason = found.kind === 'missing' ? ` (skipped: ${found.why})` : '';
const patience = ['--wait', '--timeout', '180s'];

describe.skipIf(found.kind === 'missing')(`on the cluster of this machine, whose node runs pods as processes and enforces neither limits nor NetworkPolicies${reason}`, { timeout: 600_000 }, () => {
  let world: ChartCluster;
  let helm: Helm;
  beforeAll(async () => {
    if (found.kind === 'missing') return;
    world = await startChartCluster(`charts-${process.pid}`);
    helm = found.open(world.cluster.kubeconfig);
    await world.kubectl(['apply', '-f', '-'], [namespaceNamed(releaseNamespace), namespaceNamed('team-a'), namespaceNamed('team-b'), ...minimalMonitoringKinds].map((object) => stringify(object)).join('---\n'));
    await helming('install', 'kinds', join(charts, 'coditect-crds'), '--namespace', releaseNamespace);
  }, 600_000);
  afterAll(async () => {
    helm?.close();
    await world?.close();
  }, 60_000);

  /** Runs helm and gives what it printed; fails with its words. */
  async function helming(...args: readonly string[]): Promise<string> {
    return helmingWith({}, ...args);
  }
  async function helmingWith(values: object, ...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await helm.run(args, stringify(values));
    expect({ args, code, stderr: code === 0 ? '' : `${stderr}\n${await happened()}` }).toEqual({ args, code: 0, stderr: '' });
    return stdout;
  }
  const happened = () => world.kubectl(['get', 'pods,events', '-A']);
  const chart = join(charts, 'coditect');
  const inRelease = ['--namespace', releaseNamespace];
  const missionIs = (name: string, condition: string) => world.kubectl(['-n', 'team-a', 'wait', `missions.coditect.ai/${name}`, `--for=condition=${condition}`, '--timeout=120s']);
  const ours = async () => (await world.kubectl(['get', 'all,roles,rolebindings,clusterroles,clusterrolebindings,serviceaccounts,poddisruptionbudgets,flowschemas,prioritylevelconfigurations,validatingadmissionpolicies', '-A', '-l', 'app.kubernetes.io/instance=coditect', '-o', 'name'])).trim();

  test.each(Object.entries(renderings))('%s passes a server-side dry run, with minimal CRDs in the place of those of the Prometheus operator', async (_, rendering) => {
    const objects = await objectsOf(helm, rendering);
    // A dry run leaves no ServiceAccount for the pod of the check to be admitted with.
    await world.kubectl(['apply', '-n', releaseNamespace, '-f', '-'], stringify({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: names.installCheck } }));
    const dryRun = async (some: readonly object[], ...where: readonly string[]) => (some.length === 0 ? '' : world.kubectl(['apply', '--server-side', '--force-conflicts', '--dry-run=server', ...where, '-f', '-'], some.map((object) => stringify(object)).join('---\n')));
    const answers = await dryRun(objects.filter(({ metadata }) => metadata.namespace === undefined), '-n', releaseNamespace) + await dryRun(objects.filter(({ metadata }) => metadata.namespace !== undefined));
    await world.kubectl(['delete', '-n', releaseNamespace, `serviceaccount/${names.installCheck}`]);
    expect(answers.match(/serverside-applied \(server dry run\)$/gm)).toHaveLength(objects.length);
  });

  test('install, helm test, upgrade and rollback with a mission at work, rollback from a version that never starts, uninstall with a mission alive', async () => {
    await helmingWith(clusterValues, 'install', 'coditect', chart, ...inRelease, ...patience, '-f', '-');
    expect(await helming('test', 'coditect', ...inRelease, '--timeout', '180s')).toMatch(/Phase: +Succeeded/);
    expect((await world.kubectl(['get', 'missions,agentpools,pods,serviceaccounts', '-A', '-o', 'name'])).split('\n').filter((name) => name.includes('install-check') && !name.startsWith('pod/coditect-install-check-'))).toEqual([]);

    await world.kubectl(['apply', '-f', '-'], sleeper('team-a', 'at-work', clusterValues.installCheck.agentImage));
    await missionIs('at-work', 'Accepted');
    await helmingWith({ ...clusterValues, operator: { ...clusterValues.operator, replicas: 2, logLevel: 'debug', podAnnotations: { note: 'changed' } }, blobs: { ...clusterValues.blobs, podAnnotations: { note: 'changed' } }, console: { ...clusterValues.console, enabled: true } }, 'upgrade', 'coditect', chart, ...inRelease, ...patience, '-f', '-');
    await missionIs('at-work', 'Succeeded');
    await world.kubectl(['apply', '-f', '-'], sleeper('team-a', 'at-work-again', clusterValues.installCheck.agentImage));
    await missionIs('at-work-again', 'Accepted');
    await helming('rollback', 'coditect', '1', ...inRelease, ...patience);
    await missionIs('at-work-again', 'Succeeded');
    expect((await world.kubectl(['-n', releaseNamespace, 'get', 'deployments', '-o', 'name'])).trim()).toBe('deployment.apps/coditect-operator');

    // A version that never starts, in both kinds of workloads: the way back does not wait for it.
    const broken = { repository: 'coditect/nothing', tag: 'here' };
    const failed = await helm.run(['upgrade', 'coditect', chart, ...inRelease, '--wait', '--timeout', '10s', '-f', '-'], stringify({ ...clusterValues, operator: { ...clusterValues.operator, image: broken }, blobs: { image: broken } }));
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringMatching(/deadline exceeded|not ready|timed out/) as string });
    await helming('rollback', 'coditect', '1', ...inRelease, ...patience);

    await world.kubectl(['apply', '-f', '-'], sleeper('team-a', 'left-alone', clusterValues.installCheck.agentImage, 300));
    await missionIs('left-alone', 'Accepted');
    await helming('uninstall', 'coditect', ...inRelease, ...patience);
    expect(await ours()).toBe('');
    await world.kubectl(['-n', 'team-a', 'delete', 'missions,agentpools', '--all', '--timeout=60s']);
    expect(await world.kubectl(['get', 'missions,tasks', '-A', '-o', 'name'])).toBe('');
  });

  test('one served namespace: all processes work with Roles in it alone, sees no other, and was refused nothing', async () => {
    const before = (await world.answers(403)).length;
    await world.kubectl(['apply', '-n', releaseNamespace, '-f', '-'], stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'coditect-llm-provider' }, stringData: { 'api-key': 'nobody is asked' } }));
    const on = { enabled: true };
    await helmingWith({ ...clusterValues, watchNamespace: 'team-a', console: { ...clusterValues.console, ...on }, llmGateway: { ...clusterValues.llmGateway, ...on }, mirror: { ...clusterValues.mirror, ...on } }, 'install', 'coditect', chart, ...inRelease, ...patience, '-f', '-');
    expect(await helming('test', 'coditect', ...inRelease, '--timeout', '180s')).toMatch(/Phase: +Succeeded/);
    await world.kubectl(['apply', '-f', '-'], sleeper('team-b', 'unseen', clusterValues.installCheck.agentImage));
    await world.kubectl(['apply', '-f', '-'], sleeper('team-a', 'seen', clusterValues.installCheck.agentImage));
    await missionIs('seen', 'Succeeded');
    expect((parse(await world.kubectl(['-n', 'team-b', 'get', 'missions.coditect.ai/unseen', '-o', 'yaml'])) as { status?: object }).status).toBeUndefined();
    expect((await world.answers(403)).slice(before).map(({ user, verb, objectRef }) => `${user.username} ${verb} ${objectRef?.resource}`)).toEqual([]);
    await helming('uninstall', 'coditect', ...inRelease, ...patience);
  });

  test('no process listed or watched Secrets, in any of these releases', async () => {
    const requests = await world.requests();
    expect(requests.length).toBeGreaterThan(100);
    expect(requests.filter(({ verb, objectRef }) => objectRef?.resource === 'secrets' && ['list', 'watch'].includes(verb))).toEqual([]);
  });
});
