// From agent to agent: a Coder keeps its work, its agent is lost, the operator hands what was kept to another one, and that one goes on in a fresh workspace.
import { create, type DescMessage, fromBinary, type MessageInitShape, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, test } from 'vitest';
import { blobUri } from '#api/blobs.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { sha256Hex } from '#domain/digest.ts';
import { assignMessage, checkProgress } from '#operator/fleet/work/messages.ts';
import { anAgent, aTask, FakeTerm } from '#operator/task/testing.ts';
import { FakeTasks } from '#operator/task/fake-tasks.ts';
import { ProgressSchema, WorkResponseSchema } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import { gatherFacts } from '#agent-runtime/context/gather-facts.ts';
import { checkpointLimits } from '#agent-runtime/execution/checkpoints/parts.ts';
import type { Checkpoint, StopReason } from '#agent-runtime/execution/live.ts';
import { owner, type Performed, RunnerUnderTest } from '#agent-runtime/execution/testing.ts';
import { type Left, type Order, readAssign } from '#agent-runtime/order.ts';
import { call, scripted, servers } from '#agent-runtime/thinking/fake-model.ts';
import { fixPolicy } from '#testing/llm/policies/fix/fix.ts';
import type { Policy } from '#testing/llm/policy.ts';

const t = RunnerUnderTest.inEachTest();
const { start } = servers();

const project = {
  'package.json': '{"type":"module","scripts":{"test":"node --test"}}\n',
  '.gitignore': 'built\n',
  'src/sum.js': 'export function sum(a, b) {\n  return a - b;\n}\n',
  'test/sum.test.js': "import assert from 'node:assert';\nimport test from 'node:test';\nimport { sum } from '../src/sum.js';\ntest('adds', () => assert.equal(sum(2, 3), 5));\n",
};
const [first, second] = [anAgent('p-1', { agentTypes: ['Coder'] }), anAgent('p-2', { agentTypes: ['Coder'] })];

beforeEach(() => {
  t.gatherFacts = gatherFacts;
  t.llmGrant = 'grant-1';
});

function overWire<D extends DescMessage>(schema: D, message: MessageInitShape<D>): MessageShape<D> {
  return fromBinary(schema, toBinary(schema, create(schema, message)));
}

/** The newest order of the operator, as its agent reads it. Its files are those of the test's repository. */
function newestOrder(term: FakeTerm): Order {
  const sent = term.agents.orders.at(-1);
  if (sent === undefined) return expect.fail('no order left');
  const { message } = overWire(WorkResponseSchema, { message: assignMessage(sent) });
  const read = readAssign(message.case === 'assign' ? message.value : expect.fail('it is no order'));
  return read.kind === 'order' ? { ...read.order, source: t.source() } : expect.fail(read.message);
}

function tell(term: FakeTerm, { talk, bundle, ...rest }: Checkpoint): void {
  const wired = (artifact: Checkpoint['talk']) => ({ ...artifact, sizeBytes: BigInt(artifact.sizeBytes) });
  const checkpoint = { ...rest, talk: wired(talk), ...(bundle === undefined ? {} : { bundle: wired(bundle) }) };
  const { taskUid, kept } = checkProgress(overWire(ProgressSchema, { taskUid: 'uid-a', epoch: { term: 2, counter: 1 }, percent: 5, checkpoint }));
  if (kept !== undefined) term.attempts.kept(first.uid, { taskUid, ...kept });
}

interface Way {
  readonly policy?: Policy;
  readonly spec?: object;
  readonly params?: object;
}

/** Runs a task until its agent is lost after `turns` turns; the order that the next agent gets, and what was asked until then. */
async function lostAfter(turns: number, { policy = fixPolicy(), spec = {}, params = {} }: Way = {}) {
  await t.commit(project);
  const term = new FakeTerm(new FakeTasks(taskOf(spec, params)));
  term.dispatch('a', first);
  await term.heard();
  const model = await startModel(policy);
  await model.runUntil((asked) => asked > turns, newestOrder(term), (checkpoint) => tell(term, checkpoint));
  term.attempts.lost(term.book.get('uid-a') ?? expect.fail('nothing runs'), 'AgentLost', 'gone');
  await term.clock.advance(60_000);
  term.dispatch('a', second);
  await term.heard();
  return { order: newestOrder(term), bodies: model.bodies(), model };
}

const taskOf = (spec: object, params: object): Task => aTask('a', { type: 'Coder', intent: { action: 'WriteCode', params: { instructions: 'Make the tests pass.', ...params } }, missionRef: { name: 'm', uid: owner.ownerUid }, ...spec });

/** The model that all agents of a test ask. Each question comes so late that it is time for a checkpoint. */
async function startModel(policy: Policy) {
  let onAsked = () => {};
  const { server, llm } = await start((request) => {
    t.aheadMs += 10_000_000;
    onAsked();
    return policy(request);
  });
  t.llm = llm;
  const bodies = () => server.requests().map(({ body }) => body);
  return {
    bodies,
    /** Runs an attempt whose agent is lost as soon as it asks and `isOver`. */
    runUntil: (isOver: (asked: number) => boolean, order: Order, kept: (checkpoint: Checkpoint) => void) => {
      let asked = 0;
      const stop = (abort: (reason: StopReason) => void) => {
        onAsked = () => void (isOver((asked += 1)) && abort('leaseLost'));
      };
      return t.perform(order, stop, { kept });
    },
    /** Runs an attempt to its end; what it asked. */
    run: async (order: Order) => {
      const before = bodies().length;
      onAsked = () => {};
      const result = await t.perform(order);
      return { result, bodies: bodies().slice(before) };
    },
  };
}

const transcriptOf = (result: Performed) => JSON.parse(result.textOf('transcript.json') ?? '') as { turns: { turn: number; calls: { tool: string; outcome: string }[] }[]; tries: { tier: number; turns: number }[] };
const toolsIn = (result: Performed) => transcriptOf(result).turns.flatMap(({ turn, calls }) => calls.map(({ tool, outcome }) => `${turn} ${tool} ${outcome}`));
const tools = ['1 run_tests done', '2 list_files done', '3 read_file done', '4 read_file done', '5 edit_file done', '6 run_tests done', '7 finish done'];

describe('another agent goes on', () => {
  test.each([1, 4, 5, 6])('after turn %i, with the same words, the same files and the same end', async (turns) => {
    const { order, bodies, model } = await lostAfter(turns);
    expect(order).toMatchObject({ attempt: 2, left: { talk: { uri: expect.stringMatching(/^blob:ns\/owner\//) } } });
    const { result, bodies: [again = '', ...rest] } = await model.run(order);
    expect([bodies.length, rest.length]).toEqual([turns + 1, 6 - turns]);
    expect(again.replace(/,\{"type":"text","text":"The agent that carried[^"]*"\}/, '')).toBe(bodies.at(-1));
    expect(toolsIn(result)).toEqual(tools);
    expect(result).toMatchObject({ result: 'Succeeded', observed: { turns: 7, resumedFromTurn: turns, testsRun: 2, lastTestExitCode: 0 } });
    expect(result.textOf('change.patch')).toContain('+  return a + b;');
    expect(await t.perform(t.orderFor('Tester', 'RunTests', {}, t.after(result)))).toMatchObject({ result: 'Succeeded', observed: { passed: 1 } });
    expect(await t.leftOver()).toEqual([[], [], []]);
  });

  test('and no artifact of either shows the conversation', async () => {
    const { order, model } = await lostAfter(5);
    const { result } = await model.run(order);
    expect(result.artifacts.map(({ name }) => name).toSorted()).toEqual(['change.patch', 'log', 'output.bundle', 'transcript.json']);
    expect(result.live).toContain('goes on after turn 5 of the agent before');
  });

  test('and so does a third one, after the second was lost too', async () => {
    const { order, model } = await lostAfter(3);
    const kept: Checkpoint[] = [];
    await model.runUntil(() => kept.length === 2, order, (checkpoint) => void kept.push(checkpoint));
    const { talk, bundle, commit, turns } = kept.at(-1) ?? expect.fail('nothing was kept');
    const { result } = await model.run({ ...order, attempt: 3, left: { talk, ...(bundle === undefined ? {} : { files: { blob: bundle, commit } }) } });
    expect([turns, toolsIn(result)]).toEqual([5, tools]);
    expect(result).toMatchObject({ result: 'Succeeded', observed: { resumedFromTurn: 5 } });
  });

  test('with the model that was at work, and the tries before it count', async () => {
    const giveUp = call('finish', { summary: 'too hard', give_up: true });
    const large = [call('edit_file', { path: 'src/sum.js', old_text: '-', new_text: '+' }), call('run_tests', {}), call('finish', { summary: 'done' })];
    const policy: Policy = (request) => (request.model === 'small' ? giveUp : scripted(...large)(request));
    const { order, model } = await lostAfter(2, { policy, spec: { modelPolicy: { tiers: ['small', 'large'] } } });
    const { result, bodies } = await model.run(order);
    expect(bodies.map((body) => (JSON.parse(body) as { model: string }).model)).toEqual(['large', 'large']);
    expect(result).toMatchObject({ result: 'Succeeded', observed: { turns: 4, tier: 2, tiersTried: 2, resumedFromTurn: 2, testsRun: 1 } });
    expect(transcriptOf(result).tries).toMatchObject([{ tier: 1, turns: 1 }, { tier: 2, turns: 3 }]);
  });
});

describe('the work begins anew', () => {
  /** Puts other bytes in the place of a blob, or none. */
  const spoil = (uri: string | undefined, bytes?: Uint8Array) => (bytes === undefined ? t.blobs.blobs.delete(uri ?? '') : t.blobs.blobs.set(uri ?? '', bytes));
  /** Stores another sheet in the place of the one that was kept. */
  const rewritten = (left: Left, change: (text: string) => string): Left => {
    const bytes = Buffer.from(change(Buffer.from(t.blobs.blobs.get(left.talk.uri) ?? []).toString()));
    const sha256 = sha256Hex(bytes.toString());
    const uri = blobUri({ ...owner, sha256 });
    t.blobs.blobs.set(uri, bytes);
    return { ...left, talk: { uri, sha256, sizeBytes: bytes.length } };
  };
  const faults: Record<string, { spoil: (left: Left) => Left | undefined; why: string }> = {
    'when the conversation is gone': { spoil: ({ talk }) => void spoil(talk.uri), why: 'the blob service does not have it any more' },
    'when the files are gone': { spoil: ({ files }) => void spoil(files?.blob.uri), why: 'the blob service does not have it any more' },
    'when the blob has other bytes': { spoil: ({ talk }) => void spoil(talk.uri, Buffer.from('{}')), why: 'the blob service gave other bytes' },
    'when the files have other bytes': { spoil: ({ files }) => void spoil(files?.blob.uri, Buffer.from('x')), why: 'the blob service gave other bytes' },
    'when it is larger than it may be': { spoil: (left) => ({ ...left, talk: { ...left.talk, sizeBytes: checkpointLimits.talkBytes + 1 } }), why: `it has ${checkpointLimits.talkBytes + 1} bytes, the limit is ${checkpointLimits.talkBytes}` },
    'when its address is none': { spoil: (left) => ({ ...left, talk: { ...left.talk, uri: 'https://example.org' } }), why: 'its address is not that of a blob' },
    'when it is no JSON': { spoil: (left) => rewritten(left, () => 'so it ends'), why: 'is not valid JSON' },
    'when it is another sheet': { spoil: (left) => rewritten(left, () => '{"version":2}'), why: 'treeBefore' },
    'when its prompt is another one': { spoil: (left) => rewritten(left, (text) => text.replace('"prompt":"v2"', '"prompt":"v1"')), why: 'its prompt is v1, that of this agent v2' },
    'when it belongs to other files': { spoil: (left) => rewritten(left, (text) => text.replace(/"treeBefore":"[0-9a-f]{4}/, '"treeBefore":"0000')), why: 'it belongs to other files' },
    'when its files are others than it says': { spoil: (left) => rewritten(left, (text) => text.replace(/"tree":"[0-9a-f]{4}/, '"tree":"0000')), why: 'its files are others than it says' },
    'when its files are of another commit': { spoil: ({ files, ...left }) => (files === undefined ? undefined : { ...left, files: { ...files, commit: '0'.repeat(40) } }), why: 'its files are others than it says' },
    'when it came without its files': { spoil: ({ talk }) => ({ talk }), why: 'it came without its files' },
  };
  test.each(Object.entries(faults))('%s', async (_, fault) => {
    const { order, model } = await lostAfter(5);
    const left = order.left ?? expect.fail('nothing was left');
    const { result } = await model.run({ ...order, left: fault.spoil(left) ?? left });
    expect([result.result, toolsIn(result), result.observed['resumedFromTurn']]).toEqual(['Succeeded', tools, undefined]);
    expect(result.live).toContain('the work begins anew, for what the agent before left cannot be used: ');
    expect(result.live).toContain(fault.why);
  });

  test('when the repository has moved on', async () => {
    const { order, model } = await lostAfter(5);
    await t.commit({ 'later.txt': 'x\n' });
    const { result } = await model.run(order);
    expect([result.result, toolsIn(result), result.observed['resumedFromTurn']]).toEqual(['Succeeded', tools, undefined]);
  });

  test('when the agent was lost before its first turn was over', async () => {
    const { order, model } = await lostAfter(0);
    expect(order.left).toBeUndefined();
    expect((await model.run(order)).result.observed).not.toHaveProperty('resumedFromTurn');
  });
});
