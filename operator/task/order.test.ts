import { describe, expect, test } from 'vitest';
import { agentUri } from '#api/identity.ts';
import { LlmGrant } from '#api/llm.ts';
import { MissionSpec, type Mission } from '#api/v1alpha1/mission.ts';
import { blobUri } from '#api/blobs.ts';
import type { Task, TaskStatus } from '#api/v1alpha1/task.ts';
import { artifactsBelong, grantsFor, makeOrder, type OrderAnswer, type OrderSources, ownerOf } from './order.ts';
import { aLoneTask, anAgent, aTask, digestOf } from './testing.ts';

const agent = anAgent();
const assignment = { pool: 'crew', poolNamespace: 'team-a', agent: 'p-1', agentUid: 'uid-p-1', epoch: { term: 2, counter: 7 }, assignedTime: '', matchReason: '' };
const bundle = { name: 'output.bundle', uri: blobUri({ namespaceUid: 'ns', ownerUid: 'mission', sha256: digestOf('b') }), sha256: digestOf('b'), sizeBytes: 1, mediaType: 'application/x-git-bundle' };
const trees = { treeBefore: digestOf('1'), treeAfter: digestOf('2') };

const sources = (changes: Partial<OrderSources> = {}): OrderSources => ({
  mission: () => undefined,
  sibling: () => undefined,
  namespaceUid: (namespace) => Promise.resolve(`uid of ${namespace}`),
  configMapFiles: () => Promise.resolve(undefined),
  pastSeconds: () => 7,
  grant: (grant) => JSON.stringify(grant),
  hasGateway: false,
  ...changes,
});
const ordered = (task: Task, changes: Partial<OrderSources> = {}): Promise<OrderAnswer> => makeOrder({ task, attempt: 3, assignment, agent }, sources(changes));
const sibling = (status: TaskStatus): Partial<OrderSources> => ({ sibling: (_task, name) => (name === 'b' ? aTask('b', {}, status) : undefined) });
const mission = (commit: string): Mission => ({
  apiVersion: 'coditect.ai/v1alpha1',
  kind: 'Mission',
  metadata: aTask().metadata,
  spec: MissionSpec.parse({ goal: 'x', tasks: [{ name: 'a', type: 'Tester', intent: { action: 'RunTests' } }] }),
  status: { workspace: { commit } } as Mission['status'] & object,
});

test('an order says who, what and for how long', async () => {
  const task = aTask('a', { activeDeadlineSeconds: 60 });
  expect(await ordered(task)).toEqual({
    kind: 'order',
    order: {
      taskUid: 'uid-a',
      namespace: 'team-a',
      name: 'a',
      attempt: 3,
      epoch: { term: 2, counter: 7 },
      specJson: JSON.stringify(task.spec),
      inputsJson: '{}',
      workspace: {},
      blobGrant: expect.any(String) as string,
      llmGrant: '',
      namespaceUid: 'uid of team-a',
      ownerUid: 'mission',
      deadlineSeconds: 60,
      pastSeconds: 7,
    },
  });
});

describe('grants', () => {
  const grants = (task: Task, hasGateway: boolean) => grantsFor({ task, attempt: 3, assignment, agent }, 'ns', sources({ hasGateway }));
  const coding = { type: 'Coder', intent: { action: 'WriteCode', params: { instructions: 'x' } } };
  const task = aTask('a', { activeDeadlineSeconds: 60, ...coding });

  test('for blobs are for this agent, this task and its owner, and outlive the deadline by an hour', () => {
    expect(JSON.parse(grants(task, false).blobGrant)).toEqual({ agent: agentUri(agent), namespaceUid: 'ns', ownerUid: 'mission', taskUid: 'uid-a', attempt: 3, seconds: 3660 });
  });

  test('for models are for this agent and attempt, on the account of the mission', () => {
    const { seconds, ...grant } = JSON.parse(grants(task, true).llmGrant) as { readonly seconds: number };
    expect(LlmGrant.parse({ ...grant, expiresAt: seconds })).toEqual({
      agent: agentUri(agent),
      account: { namespace: 'team-a', namespaceUid: 'ns', mission: 'm', missionUid: 'mission', taskUid: 'uid-a', pool: 'crew', poolNamespace: 'team-a', purpose: 'work' },
      attempt: 3,
      epoch: { term: 2, counter: 7 },
      expiresAt: 3660,
    });
  });

  const accounts: Record<string, { spec: Parameters<typeof aTask>[1]; want: string }> = {
    'the work of a Coder': { spec: coding, want: 'work' },
    'tests that a model writes': { spec: { type: 'Tester', intent: { action: 'WriteTests', params: { instructions: 'x' } } }, want: 'work' },
    'an explanation': { spec: { type: 'Analyzer', intent: { action: 'ExplainCode', params: { question: 'x' } } }, want: 'work' },
    'a judgement': { spec: { type: 'Tester', intent: { action: 'JudgeWork', params: { rubric: 'x', votes: 1, quorum: 1 } } }, want: 'judge' },
  };
  test.each(Object.entries(accounts))('%s has its account', (_, { spec, want }) => expect(JSON.parse(grants(aTask('a', spec), true).llmGrant)).toMatchObject({ account: { purpose: want } }));

  test('a role of somebody else may call models', () => expect(grants(aTask('a', { type: 'Painter', intent: { action: 'Paint' } }), true).llmGrant).not.toBe(''));

  const without: Record<string, { task: Task; hasGateway: boolean }> = {
    'there is none for models without a gateway': { task, hasGateway: false },
    'there is none for models for a task applied alone': { task: { ...aLoneTask(), spec: { ...aLoneTask().spec, ...coding } }, hasGateway: true },
    'there is none for models for a task that calls none': { task: aTask('a', { activeDeadlineSeconds: 60 }), hasGateway: true },
  };
  test.each(Object.entries(without))('%s', (_, { task: asked, hasGateway }) => expect(grants(asked, hasGateway)).toMatchObject({ blobGrant: expect.stringContaining('ownerUid') as string, llmGrant: '' }));
});

test('blobs belong to the mission, or to a task applied alone', () => {
  expect([ownerOf(aTask()), ownerOf(aLoneTask())]).toEqual(['mission', 'uid-a']);
});

test('a report about what went wrong does without what is missing', async () => {
  const { metadata, ...rest } = aTask('a', { inputs: [{ name: 'there', task: 'b', field: 'observed.x' }, { name: 'gone', task: 'c', field: 'observed.x' }] });
  const answer = await ordered({ ...rest, metadata: { ...metadata, labels: { 'coditect.ai/role': 'finally' } } }, sibling({ observed: { x: 1 } }));
  expect(answer.kind === 'order' && answer.order.inputsJson).toBe('{"there":1}');
});

describe('inputs', () => {
  const task = (field: string) => aTask('a', { dependsOn: ['b'], inputs: [{ name: 'count', task: 'b', field }] });
  const cases: Record<string, { field: string; status: TaskStatus; want: string }> = {
    'are read from what a task observed': { field: 'observed.tests.passed', status: { observed: { tests: { passed: 3 } } }, want: '{"count":3}' },
    'are read from what a task claimed': { field: 'claimed.text', status: { claimed: { text: 'hi' } }, want: '{"count":"hi"}' },
    'may be null': { field: 'observed.x', status: { observed: { x: null } }, want: '{"count":null}' },
    'that are missing refuse the order': { field: 'observed.x', status: { observed: {} }, want: 'InputMissing inputs.count: task b has no observed.x' },
    'of a task without results refuse the order': { field: 'observed.x', status: {}, want: 'InputMissing inputs.count: task b has no observed.x' },
    'may be an artifact': { field: 'artifacts.output.bundle', status: { artifacts: [bundle] }, want: JSON.stringify({ count: bundle }) },
    'that name an artifact which is not there refuse the order': { field: 'artifacts.report.md', status: { artifacts: [bundle] }, want: 'InputMissing inputs.count: task b has no artifacts.report.md' },
    'are never taken from a prototype': { field: 'observed.constructor', status: { observed: {} }, want: 'InputMissing inputs.count: task b has no observed.constructor' },
    'are never taken from the inside of a text': { field: 'observed.x.length', status: { observed: { x: 'abc' } }, want: 'InputMissing inputs.count: task b has no observed.x.length' },
  };
  test.each(Object.entries(cases))('%s', async (_, { field, status, want }) => {
    const answer = await ordered(task(field), sibling(status));
    expect(answer.kind === 'order' ? answer.order.inputsJson : `${answer.reason} ${answer.message}`).toBe(want);
  });
});

describe('the workspace', () => {
  const git = { url: 'https://example.org/r.git', ref: 'main' };
  const cases: Record<string, { spec: object; from?: Partial<OrderSources>; want: unknown }> = {
    'is empty unless told': { spec: {}, want: {} },
    'is a repository at its ref': { spec: { workspace: { git } }, want: { git: { ...git, subPath: '', commit: '', secret: '' } } },
    'is a private repository with the name of its Secret': { spec: { workspace: { git: { ...git, secretRef: { name: 'deploy' } } } }, want: { git: { ...git, subPath: '', commit: '', secret: 'deploy' } } },
    'is the commit that the mission started from': { spec: { workspace: { git: { ...git, subPath: 'src/app' } } }, from: { mission: () => mission('abc') }, want: { git: { ...git, subPath: 'src/app', commit: 'abc', secret: '' } } },
    'is the files of a ConfigMap': { spec: { workspace: { configMap: { name: 'f' } } }, from: { configMapFiles: (namespace, name) => Promise.resolve({ [`${namespace}-${name}`]: new Uint8Array() }) }, want: { files: { 'team-a-f': new Uint8Array() } } },
    'is refused when the ConfigMap is missing': { spec: { workspace: { configMap: { name: 'f' } } }, want: 'WorkspaceFailed' },
    'starts from what a dependency changed': { spec: { workspaceFrom: 'b' }, from: sibling({ artifacts: [bundle], workspace: { ...trees, outputCommit: 'c0ffee' } }), want: { bundle, bundleCommit: 'c0ffee' } },
    'starts from the beginning when the dependency changed nothing': { spec: { workspaceFrom: 'b' }, from: sibling({ artifacts: [], workspace: trees }), want: {} },
    'may not lead out of the repository': { spec: { workspace: { git: { ...git, subPath: '../../etc' } } }, want: 'WorkspaceFailed' },
    'may not lead out of the repository in the middle': { spec: { workspace: { git: { ...git, subPath: 'a/../../b' } } }, want: 'WorkspaceFailed' },
    'may not be the repository\'s own files': { spec: { workspace: { git: { ...git, subPath: '.git/hooks' } } }, want: 'WorkspaceFailed' },
    'is what a task further up changed, when the one between changed nothing': {
      spec: { workspaceFrom: 'b', dependsOn: ['b'] },
      from: { sibling: (_task, name) => (name === 'b' ? aTask('b', { workspaceFrom: 'c', dependsOn: ['c'] }, { workspace: { treeBefore: digestOf('2'), treeAfter: digestOf('2') } }) : aTask('c', {}, { artifacts: [bundle], workspace: { ...trees, outputCommit: 'abc' } })) },
      want: { bundle, bundleCommit: 'abc' },
    },
    'may have dots in a name': { spec: { workspace: { git: { ...git, subPath: 'a..b/.github' } } }, want: { git: { ...git, subPath: 'a..b/.github', commit: '', secret: '' } } },
  };
  test.each(Object.entries(cases))('%s', async (_, { spec, from = {}, want }) => {
    const answer = await ordered(aTask('a', spec), from);
    expect(answer.kind === 'order' ? answer.order.workspace : answer.reason).toEqual(want);
  });
});

describe('artifacts', () => {
  const cases: Record<string, { uri: string; want: boolean }> = {
    'of the owner belong': { uri: bundle.uri, want: true },
    'of another owner do not': { uri: blobUri({ namespaceUid: 'ns', ownerUid: 'other', sha256: digestOf('b') }), want: false },
    'of another namespace do not': { uri: blobUri({ namespaceUid: 'other', ownerUid: 'mission', sha256: digestOf('b') }), want: false },
    'with another digest do not': { uri: blobUri({ namespaceUid: 'ns', ownerUid: 'mission', sha256: digestOf('c') }), want: false },
    'at a path of the service do not': { uri: `/v1/blobs/ns/mission/${digestOf('b')}`, want: false },
    'elsewhere do not': { uri: 'https://example.org/x', want: false },
  };
  test.each(Object.entries(cases))('%s', (_, { uri, want }) => expect(artifactsBelong([{ ...bundle, uri }], 'ns', 'mission')).toBe(want));
});
