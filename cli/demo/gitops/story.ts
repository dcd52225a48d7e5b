// The story of missions in Git, step by step: what is done, and what was seen. The demo shows it to people, the end-to-end suite holds it against the product.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { conditionOf } from '#domain/mission/view.ts';
import { Refusal } from '../../failure.ts';
import { runChild } from '../child.ts';
import { type Application, commitAndSync, exampleApplication, type GitOps, look, missionPath, type Seen, team, untilApplication, untilMission } from './hands.ts';
import { aMission, anApproval } from './manifests.ts';
import { until } from './until.ts';
import { nothingChanges } from './witness.ts';

/** One step; it gives what was seen. */
export interface GitOpsStep {
  readonly text: string;
  readonly run: (gitOps: GitOps) => Promise<string>;
}

/** In this order: each stands on those before. */
export const gitOpsSteps: readonly GitOpsStep[] = [
  { text: 'committing a pool and a mission', run: firstCommit },
  { text: 'committing a mission whose graph is wrong, then correcting it', run: brokenMission },
  { text: 'suspending and resuming a mission by the actions of Argo CD', run: suspendAndResume },
  { text: 'editing the spec of a mission by hand', run: editByHand },
  { text: 'running a mission again by the action of Argo CD', run: runAgain },
  { text: 'letting a TTL pass, then syncing 100 times', run: nothingChanges },
  { text: 'having Argo CD approve something in the name of a person', run: approveForAnother },
  { text: 'removing a mission from Git', run: removeFromGit },
];

const succeededStatus = (mission: Seen): string | undefined => conditionOf(mission.status, 'Succeeded')?.status;

async function firstCommit(gitOps: GitOps): Promise<string> {
  const { place, client } = gitOps;
  // Both applications of the example are valid; this story needs the second one.
  await runChild(place.cluster.kubectl, ['create', '--dry-run=server', '-f', join(place.root, 'config', 'argocd', 'applications.yaml')], { env: { ...place.env, KUBECONFIG: place.cluster.kubeconfig }, signal: place.signal });
  const pool = parse(await readFile(join(place.root, 'config', 'argocd', 'team-a', 'pool.yaml'), 'utf8')) as { spec: { template: object } };
  const revision = await gitOps.team.commit('a pool and a mission', { 'pool.yaml': { ...pool, spec: { ...pool.spec, template: { image: place.agentImage } } }, 'first.yaml': aMission('first', { seconds: 4, ttlSecondsAfterFinished: 2 }) });
  const path = `/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/${team}?fieldManager=platform&force=true`;
  await client.send({ method: 'PATCH', path, contentType: 'application/apply-patch+yaml', body: parse(await exampleApplication(gitOps)) as object });
  const seen: string[] = [];
  await untilApplication(gitOps, 'it is Synced, and Healthy after it was Progressing', (application) => {
    const state = stateOf(application);
    if (state !== undefined && seen.at(-1) !== state) seen.push(state);
    return state === 'Synced Healthy' && seen.includes('Synced Progressing') && application.status?.sync?.revision === revision;
  });
  const mission = await untilMission(gitOps, 'first', 'is proven', (one) => conditionOf(one.status, 'Succeeded')?.reason === 'GoalsMet');
  return `commit ${revision.slice(0, 7)}: ${seen.join(' -> ')}; mission ${mission.metadata.name}: ${conditionOf(mission.status, 'Succeeded')?.message}`;
}

/** Sync and health in two words, and what is broken; undefined until both are known. */
function stateOf({ status: { sync, health, resources = [] } = {} }: Application): string | undefined {
  if (sync === undefined || sync.status === '' || health?.status === undefined) return undefined;
  const broken = resources.find((resource) => resource.health?.status === 'Degraded');
  return `${sync.status} ${health.status}${broken === undefined ? '' : ` (${broken.kind} ${broken.name}: ${broken.health?.message})`}`;
}

async function brokenMission(gitOps: GitOps): Promise<string> {
  await commitAndSync(gitOps, 'a mission with a typo', { 'second.yaml': aMission('second', { dependsOn: 'nobody' }) });
  const broken = await untilApplication(gitOps, 'it is Degraded', ({ status }) => status?.health?.status === 'Degraded');
  const told = broken.status?.resources?.find(({ name }) => name === 'second')?.health?.message ?? '';
  if (!told.startsWith('InvalidGraph: ')) throw new Refusal(`read why the application is Degraded: Argo CD says "${told}"`, 'compare with kubectl describe mission second');
  await commitAndSync(gitOps, 'the typo is corrected', { 'second.yaml': aMission('second') });
  await untilApplication(gitOps, 'it is Healthy again', ({ status }) => status?.health?.status === 'Healthy');
  return `Degraded, "${told}"; corrected: Healthy`;
}

async function suspendAndResume(gitOps: GitOps): Promise<string> {
  const act = (action: string) => gitOps.argo.cli('app', 'actions', 'run', team, action, '--kind', 'Mission', '--resource-name', 'slow', '--namespace', team);
  await commitAndSync(gitOps, 'a mission of two steps', { 'slow.yaml': aMission('slow', { seconds: 3, restSeconds: 1 }) });
  await act('suspend');
  await untilApplication(gitOps, 'it is Suspended', ({ status }) => status?.health?.status === 'Suspended');
  // A sync in between: what people own is not put back.
  await commitAndSync(gitOps, 'a word in between', { 'second.yaml': aMission('second', { goal: 'The same, in other words.' }) });
  const { status } = await untilMission(gitOps, 'slow', 'stays suspended', ({ spec }) => spec['operatingMode'] === 'Suspend');
  if (status?.completionTime !== undefined) throw new Refusal('suspend mission slow: it has ended all the same', 'read its conditions');
  await act('resume');
  await untilMission(gitOps, 'slow', 'succeeds', (mission) => succeededStatus(mission) === 'True');
  await untilApplication(gitOps, 'it is Healthy and Synced', (one) => one.status?.health?.status === 'Healthy' && one.status.sync?.status === 'Synced');
  return 'Suspended, and left so by a sync; resumed: Healthy';
}

async function editByHand(gitOps: GitOps): Promise<string> {
  const before = (await untilMission(gitOps, 'second', 'exists', () => true)).spec['goal'];
  await gitOps.client.send({ method: 'PATCH', path: missionPath('second'), contentType: 'application/merge-patch+json', body: { spec: { goal: 'Something else.' } } });
  await untilMission(gitOps, 'second', 'is as in Git again', ({ spec }) => spec['goal'] === before);
  await untilApplication(gitOps, 'it is Synced', ({ status }) => status?.sync?.status === 'Synced');
  return `spec.goal is "${String(before)}" again`;
}

async function runAgain(gitOps: GitOps): Promise<string> {
  await gitOps.argo.cli('app', 'actions', 'run', team, 'rerun', '--kind', 'Mission', '--resource-name', 'second', '--namespace', team);
  const again = await untilMission(gitOps, 'second', 'has run twice', (mission) => mission.status?.runNumber === 2 && succeededStatus(mission) === 'True');
  // Argo CD compares anew: a token that Git does not name is no difference to it.
  const before = (await gitOps.application()).status?.reconciledAt;
  await look(gitOps);
  const { status } = await untilApplication(gitOps, 'it was compared, and is Healthy and Synced', (one) => one.status?.reconciledAt !== before && one.status?.health?.status === 'Healthy' && one.status.sync?.status === 'Synced');
  return `run ${again.status?.runNumber}, runRequest ${String(again.spec['runRequest'])}; ${status?.sync?.status} all the same`;
}

async function approveForAnother({ place: { cluster, env, signal }, mission }: GitOps): Promise<string> {
  const uid = (await mission('second'))?.metadata.uid ?? '';
  const controller = 'system:serviceaccount:argocd:argocd-application-controller';
  const say = (approver: string) => runChild(cluster.kubectl, ['create', '-n', team, '--as', controller, '--dry-run=server', '-f', '-'], { env: { ...env, KUBECONFIG: cluster.kubeconfig }, signal, input: JSON.stringify(anApproval(uid, approver)) });
  const refusal = await say('ann@example.org').then(() => undefined, (error: unknown) => String(error));
  if (refusal === undefined || !refusal.includes('spec.approver must be your own username')) throw new Refusal(`write an Approval of ann as Argo CD: ${refusal ?? 'the API server took it'}`, 'see that the policy coditect-approver is installed');
  await say(controller);
  return `refused: spec.approver must be your own username, ${controller}`;
}

async function removeFromGit(gitOps: GitOps): Promise<string> {
  const { list, place: { signal } } = gitOps;
  const tasksOf = async () => (await list('tasks')).filter(({ spec }) => (spec['missionRef'] as { name?: string } | undefined)?.name === 'slow');
  const children = (await tasksOf()).length;
  await commitAndSync(gitOps, 'no more slow mission', { 'slow.yaml': undefined });
  await until('the mission and its tasks are gone', { seconds: 60, signal }, async () => ((await gitOps.mission('slow')) === undefined && (await tasksOf()).length === 0 ? true : undefined));
  return `mission slow and its ${children} tasks are gone`;
}
