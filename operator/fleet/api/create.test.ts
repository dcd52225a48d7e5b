import { describe, expect, test } from 'vitest';
import { type Mission, MissionSpec } from '#api/v1alpha1/mission.ts';
import { KubeError } from '#platform/kube/error.ts';
import { anApi, failureOf } from './testing.ts';

const task = (name: string, more: object = {}) => ({ name, type: 'Tester', intent: { action: 'RunTests' }, ...more });
const specJson = (more: object = {}) => JSON.stringify({ goal: 'g', tasks: [task('a')], ...more });

function submitting(user: string | null = 'writer') {
  const api = anApi();
  const { orchestrator, options } = api.as(user ?? undefined);
  return { ...api, submit: (request: { namespace?: string; requestId?: string; specJson?: string } = {}) => orchestrator.submit({ namespace: 'team-a', requestId: 'r1', specJson: specJson(), ...request }, options) };
}

function enqueuing(user = 'writer') {
  const api = anApi();
  const { queue, options } = api.as(user);
  return { ...api, enqueue: (request: { requestId?: string; tasksJson?: string[]; priority?: number; workspaceJson?: string } = {}) => queue.enqueue({ namespace: 'team-a', requestId: 'r1', tasksJson: [JSON.stringify(task('a'))], ...request }, options) };
}

describe('Submit', () => {
  test('makes a mission that is called like the request', async () => {
    const { submit, objects } = submitting();
    expect(await submit()).toMatchObject({ mission: { namespace: 'team-a', name: 'r1' }, uid: 'uid-1' });
    expect((objects.get('team-a/r1') as unknown as Mission).spec).toEqual(MissionSpec.parse(JSON.parse(specJson())));
  });

  test('takes a mission whose tasks a planner will make, whatever its goals call them', async () => {
    const { submit, objects } = submitting();
    const goals = [{ name: 'g', check: { expression: 'tasks["survey"].outcome == "Succeeded"' } }];
    await submit({ specJson: specJson({ planner: {}, tasks: [], goals }) });
    expect(objects.size).toBe(1);
  });

  test('answers the same mission when it is repeated, also with defaults written out', async () => {
    const { submit, objects } = submitting();
    const first = await submit();
    expect(await submit({ specJson: specJson({ priority: 0, failurePolicy: 'FailFast' }) })).toEqual(first);
    expect(objects.size).toBe(1);
  });

  test('refuses the same id with other content', async () => {
    const { submit } = submitting();
    await submit();
    expect(await failureOf(submit({ specJson: specJson({ goal: 'other' }) }))).toBe('AlreadyExists mission team-a/r1 exists with another content; choose another request_id');
  });

  test('does not make a second mission when the reply to the first was lost', async () => {
    const { submit, refuse, objects } = submitting();
    const first = await submit();
    refuse(new KubeError('create', 'cut', { status: 0, reason: 'LostReply' }));
    expect(await submit()).toEqual(first);
    expect(objects.size).toBe(1);
  });

  const wrong: Record<string, { request: { namespace?: string; requestId?: string; specJson?: string }; want: RegExp }> = {
    'an id that is no name': { request: { requestId: 'Not/a-name' }, want: /^InvalidArgument request_id: / },
    'an id that is too long': { request: { requestId: 'a'.repeat(53) }, want: /^InvalidArgument request_id: / },
    'a namespace that is none': { request: { namespace: '..' }, want: /^InvalidArgument namespace: / },
    'an unknown field': { request: { specJson: specJson({ x: 1 }) }, want: /^InvalidArgument spec_json\.x: / },
    'a cycle': { request: { specJson: specJson({ tasks: [task('a', { dependsOn: ['b'] }), task('b', { dependsOn: ['a'] })] }) }, want: /^InvalidArgument spec_json\.tasks\[0\]\.dependsOn: cycle/ },
    'an unknown action': { request: { specJson: specJson({ tasks: [task('a', { intent: { action: 'Fly' } })] }) }, want: /^InvalidArgument spec_json\.tasks\[0\]\.intent\.action: / },
    'an expression over a task that does not exist': { request: { specJson: specJson({ goals: [{ name: 'g', check: { expression: 'tasks["z"].outcome == "Succeeded"' } }] }) }, want: /^InvalidArgument spec_json\.goals\[0\]\.check\.expression: / },
    'tasks beside a planner': { request: { specJson: specJson({ planner: {} }) }, want: /^InvalidArgument spec_json\.tasks: planner makes the task graph/ },
    'a goal that no plan could satisfy': { request: { specJson: specJson({ planner: {}, tasks: [], goals: [{ name: 'g', check: { expression: 'nonsense' } }] }) }, want: /^InvalidArgument spec_json\.goals\[0\]\.check\.expression: / },
    'too many bytes': { request: { specJson: specJson({ goal: 'x'.repeat(140_000) }) }, want: /^InvalidArgument spec_json: \d+ bytes, the limit is 131072/ },
  };
  test.each(Object.entries(wrong))('refuses %s and makes nothing', async (_, { request, want }) => {
    const { submit, objects } = submitting();
    expect(await failureOf(submit(request))).toMatch(want);
    expect(objects.size).toBe(0);
  });

  const refusals = { Invalid: 'InvalidArgument', Forbidden: 'PermissionDenied', Unreachable: 'Unavailable', TooManyRequests: 'ResourceExhausted' } as const;
  test.each(Object.entries(refusals))('says %s of the API server as %s', async (reason, code) => {
    const { submit, refuse } = submitting();
    refuse(new KubeError('create missions', 'no', { status: 400, reason: reason as keyof typeof refusals }));
    expect(await failureOf(submit())).toMatch(new RegExp(`^${code} create missions: no`));
  });
});

describe('Enqueue', () => {
  test('makes one mission of all tasks, which do not take each other down', async () => {
    const { enqueue, objects } = enqueuing();
    const { mission, missionUid } = await enqueue({ priority: 7, tasksJson: [JSON.stringify(task('a')), JSON.stringify(task('b', { dependsOn: ['a'] }))], workspaceJson: '{"configMap":{"name":"files"}}' });
    expect([mission?.namespace, missionUid]).toEqual(['team-a', 'uid-1']);
    const { metadata, spec } = objects.get(`team-a/${mission?.name}`) as unknown as Mission;
    expect(metadata.name).toMatch(/^q-r1-[a-z2-7]{10}$/);
    expect(spec).toMatchObject({ priority: 7, failurePolicy: 'Continue', workspace: { configMap: { name: 'files' } }, tasks: [{ name: 'a' }, { name: 'b', dependsOn: ['a'] }] });
  });

  test('answers the same mission when it is repeated, and refuses other content', async () => {
    const { enqueue } = enqueuing();
    const first = await enqueue();
    expect(await enqueue()).toEqual(first);
    expect(await failureOf(enqueue({ priority: 1 }))).toMatch(/^AlreadyExists /);
  });

  test('long ids that begin alike are told apart, and every id makes a valid name', async () => {
    const { enqueue } = enqueuing();
    const names = await Promise.all(['-', `${'x'.repeat(63)}a`, `${'x'.repeat(63)}b`].map(async (requestId) => (await enqueue({ requestId })).mission?.name ?? ''));
    expect(new Set(names).size).toBe(3);
    expect(names.filter((name) => name.length > 52 || !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name))).toEqual([]);
  });

  const wrong: Record<string, { request: { requestId?: string; tasksJson?: string[]; priority?: number; workspaceJson?: string }; want: RegExp }> = {
    'no task': { request: { tasksJson: [] }, want: /^InvalidArgument tasks_json: 0 tasks/ },
    'too many tasks': { request: { tasksJson: Array.from({ length: 101 }, (_, index) => JSON.stringify(task(`t${index}`))) }, want: /^InvalidArgument tasks_json: 101 tasks/ },
    'an unknown field of a task': { request: { tasksJson: [JSON.stringify(task('a')), JSON.stringify(task('b', { after: 'a' }))] }, want: /^InvalidArgument tasks_json\[1\]\.after: / },
    'an unknown dependency': { request: { tasksJson: [JSON.stringify(task('a', { dependsOn: ['z'] }))] }, want: /^InvalidArgument tasks_json\[0\]\.dependsOn: there is no task z/ },
    'a priority out of range': { request: { priority: 1001 }, want: /^InvalidArgument priority: / },
    'a wrong workspace': { request: { workspaceJson: '{"git":{}}' }, want: /^InvalidArgument workspace_json\.git\.url: / },
    'an empty id': { request: { requestId: '' }, want: /^InvalidArgument request_id: / },
  };
  test.each(Object.entries(wrong))('refuses %s', async (_, { request, want }) => expect(await failureOf(enqueuing().enqueue(request))).toMatch(want));
});

describe('who may', () => {
  test('nobody without a token', async () => expect(await failureOf(submitting(null).submit())).toMatch(/^Unauthenticated /));
  test('no agent', async () => expect(await failureOf(submitting('agent').submit())).toMatch(/^Unauthenticated /));
  test('no one who may only read', async () => {
    expect(await failureOf(submitting('reader').submit())).toMatch(/^PermissionDenied user reader may not create missions\.coditect\.ai in namespace team-a/);
    expect(await failureOf(enqueuing('reader').enqueue())).toMatch(/^PermissionDenied /);
  });
  test('no one in another namespace', async () => expect(await failureOf(submitting().submit({ namespace: 'team-b' }))).toMatch(/^PermissionDenied /));
  test('who may not create learns nothing about the content', async () => expect(await failureOf(submitting('reader').submit({ specJson: '{' }))).toMatch(/^PermissionDenied /));
  test('a follower creates too', async () => {
    const { orchestrator, options } = anApi(null).as('writer');
    expect((await orchestrator.submit({ namespace: 'team-a', requestId: 'r1', specJson: specJson() }, options)).uid).toBe('uid-1');
  });
});
