// The parts of the story of Git that need no cluster: the repository, the waiting, and what the witness takes for a change.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { MissionSpec } from '#api/v1alpha1/mission.ts';
import type { Answered, GitOps } from './hands.ts';
import { exampleApplication } from './hands.ts';
import { aMission } from './manifests.ts';
import { makeTeamRepository } from './team.ts';
import { until } from './until.ts';
import { appliesOnly, changesOf } from './witness.ts';

let folder = '';
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'cli-gitops-'))));
afterAll(() => rm(folder, { recursive: true }));

test('the repository of the team has what was committed, and no more what was taken away', async () => {
  const team = await makeTeamRepository(folder, process.env);
  const files = async () => (await promisify(execFile)('git', ['-C', join(folder, 'team.git'), 'ls-tree', '-r', '--name-only', 'main'])).stdout.trim().split('\n');
  await team.commit('two', { 'a.yaml': { kind: 'A' }, 'b.yaml': { kind: 'B' } });
  const last = await team.commit('one', { 'a.yaml': undefined });
  expect(await files()).toEqual(['missions/b.yaml']);
  expect((await promisify(execFile)('git', ['-C', join(folder, 'team.git'), 'rev-parse', 'main'])).stdout.trim()).toBe(last);
});

test('the missions of the story are valid', () => {
  const { spec } = aMission('m', { seconds: 1, restSeconds: 1, ttlSecondsAfterFinished: 2 }) as { spec: unknown };
  expect(MissionSpec.safeParse(spec)).toMatchObject({ success: true });
});

test('the application of the example is used as it is, but for its repository', async () => {
  const gitOps = { place: { root: process.cwd() }, team: { url: 'file:///x', path: 'missions' } } as unknown as GitOps;
  expect(parse(await exampleApplication(gitOps))).toMatchObject({ metadata: { name: 'team-a' }, spec: { source: { repoURL: 'file:///x' }, syncPolicy: { automated: { prune: true, selfHeal: true } } } });
});

test('waiting ends with what was seen last', async () => {
  const { signal } = new AbortController();
  await expect(until('it rains', { seconds: 0, signal, last: () => 'the sun shines' }, () => Promise.resolve(undefined))).rejects.toThrow('wait until it rains: not so after 0 s, but the sun shines');
  expect(await until('it rains', { seconds: 0, signal }, () => Promise.resolve('rain'))).toBe('rain');
});

describe('the witness', () => {
  const argo = 'system:serviceaccount:argocd:argocd-application-controller';
  const write = (changes: Partial<Omit<Answered, 'user'>> & { by?: string } = {}): Answered => {
    const { by = argo, ...rest } = changes;
    return { verb: 'patch', user: { username: by }, objectRef: { resource: 'missions', namespace: 'team-a', name: 'first', apiGroup: 'coditect.ai' }, responseStatus: { code: 200 }, requestReceivedTimestamp: '', ...rest };
  };
  const operator = 'system:serviceaccount:coditect-system:coditect-operator';
  const elsewhere = { resource: 'agentpools', namespace: 'team-a', name: 'crew' };

  test('counts applies', () => expect(appliesOnly([write(), write(), write({ verb: 'get' }), write({ responseStatus: { code: 409 } }), write({ by: operator, objectRef: elsewhere })])).toBe(2));

  const strange: Record<string, { answered: Answered; says: string }> = {
    'a status that the operator writes': { answered: write({ by: operator, objectRef: { resource: 'missions', namespace: 'team-a', name: 'first', subresource: 'status' } }), says: `patch missions/first/status by ${operator}` },
    'a mission that is deleted for its TTL': { answered: write({ verb: 'delete', by: operator }), says: `delete missions/first by ${operator}` },
    'a task that is created': { answered: write({ verb: 'create', by: operator, objectRef: { resource: 'tasks', namespace: 'team-a', name: 't' } }), says: 'create tasks/t' },
    'a mission that Argo CD creates again': { answered: write({ verb: 'create' }), says: 'create missions/first' },
  };
  test.each(Object.entries(strange))('sees %s', (_, { answered, says }) => expect(() => appliesOnly([answered])).toThrow(says));

  test('sees what changed, went and came', () => {
    const before = new Map([['missions/a', 'u 1'], ['tasks/b', 'u 1'], ['tasks/c', 'u 1']]);
    expect(changesOf(before, new Map([['missions/a', 'u 2'], ['tasks/b', 'u 1'], ['tasks/d', 'u 1']]))).toEqual(['missions/a u 1 -> u 2', 'tasks/c u 1 -> is gone', 'tasks/d was not there -> u 1']);
    expect(changesOf(before, before)).toEqual([]);
  });
});
