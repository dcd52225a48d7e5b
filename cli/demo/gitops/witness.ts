// Whether anything changes when nothing is to change: the API server's own log is asked, and each object is compared.
import { setTimeout as sleep } from 'node:timers/promises';
import { argoAccounts, argoNamespace } from '#devcluster/services/argocd/index.ts';
import { conditionOf } from '#domain/mission/view.ts';
import { Refusal } from '../../failure.ts';
import { type Answered, applicationPath, type GitOps, team, untilApplication, untilMission } from './hands.ts';

const syncs = 100;
const ttlMs = 2000;
const controller = `system:serviceaccount:${argoNamespace}:${argoAccounts.controller}`;

/** Lets the TTL of a finished mission pass, has Argo CD sync a hundred times, and sees that missions and tasks are what they were. */
export async function nothingChanges(gitOps: GitOps): Promise<string> {
  const mission = await untilMission(gitOps, 'first', 'says that its TTL is ignored', ({ status }) => conditionOf(status, 'TTLIgnored')?.status === 'True');
  await sleep(Math.max(0, Date.parse(mission.status?.completionTime ?? '') + 2 * ttlMs - Date.now()));
  // The first sync after an action takes note of who owns which field, which is a new version of an equal object.
  await syncOnce(gitOps, syncs);
  const before = await versions(gitOps);
  const alreadyAnswered = (await gitOps.audit()).length;
  for (let number = 0; number < syncs; number += 1) await syncOnce(gitOps, number);
  const applies = appliesOnly((await gitOps.audit()).slice(alreadyAnswered));
  const changed = changesOf(before, await versions(gitOps));
  if (changed.length > 0) throw new Refusal(`sync ${syncs} times: ${changed.join('; ')}`, 'the audit log of the cluster says who wrote');
  if ((await gitOps.mission('first'))?.metadata.uid !== mission.metadata.uid) throw new Refusal('let the TTL of mission first pass: it is another object now', 'see why the operator did not find that it is tracked');
  const due = syncs * (await gitOps.list('missions')).length;
  if (applies < due) throw new Refusal(`sync ${syncs} times: Argo CD applied ${applies} missions, and ${due} were to be`, 'look at the operationState of the application');
  return `TTLIgnored=True; ${syncs} syncs, ${applies} applies by Argo CD: ${before.size} missions and tasks have the resourceVersion that they had, and nobody else wrote to them`;
}

/** How objects differ, as sentences. */
export function changesOf(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names.filter((name) => before.get(name) !== after.get(name)).map((name) => `${name} ${before.get(name) ?? 'was not there'} -> ${after.get(name) ?? 'is gone'}`);
}

/** How often Argo CD applied missions and tasks; refuses when anything else was written to them. An apply that changes nothing is answered, and stored nowhere. */
export function appliesOnly(answered: readonly Answered[]): number {
  const writes = answered.filter(isWriteOfOurs);
  const others = writes.filter(({ verb, user }) => verb !== 'patch' || user.username !== controller);
  if (others.length > 0) throw new Refusal(`sync ${syncs} times: also written were ${others.map(told).join(', ')}`, 'the audit log of the cluster says when');
  return writes.length;
}

/**
 * One sync; Argo CD hands back the number with which it was asked, since its times are whole seconds. Everything is named: what it healed last by itself lingers in its
 * state as a selection, from the second wave on.
 */
async function syncOnce(gitOps: GitOps, number: number): Promise<void> {
  const all = (await gitOps.application()).status?.resources ?? [];
  const info = [{ name: 'number', value: String(number) }];
  const body = { operation: { info, sync: { resources: all.map(({ group, kind, name, namespace }) => ({ group, kind, name, namespace })), syncOptions: ['ServerSideApply=true', 'RespectIgnoreDifferences=true'] } } };
  await gitOps.client.send({ method: 'PATCH', path: applicationPath, contentType: 'application/merge-patch+json', body });
  await untilApplication(gitOps, `sync ${number} is through`, ({ status }) => status?.operationState?.phase === 'Succeeded' && status.operationState.operation?.info?.[0]?.value === String(number));
}

/** The version of each mission and task by its name. */
async function versions({ list }: GitOps): Promise<ReadonlyMap<string, string>> {
  const found = await Promise.all(['missions', 'tasks'].map(async (plural) => (await list(plural)).map(({ metadata }): [string, string] => [`${plural}/${metadata.name}`, `${metadata.uid} ${metadata.resourceVersion}`])));
  return new Map(found.flat());
}

function isWriteOfOurs({ verb, objectRef, responseStatus }: Answered): boolean {
  const isWrite = ['create', 'update', 'patch', 'delete', 'deletecollection'].includes(verb);
  return isWrite && objectRef?.namespace === team && ['missions', 'tasks'].includes(objectRef.resource ?? '') && (responseStatus?.code ?? 500) < 300;
}

function told({ verb, user, objectRef }: Answered): string {
  return `${verb} ${objectRef?.resource}/${objectRef?.name}${objectRef?.subresource === undefined ? '' : `/${objectRef.subresource}`} by ${user.username}`;
}
