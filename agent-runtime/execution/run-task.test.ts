import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { blobUri, type BlobAddress } from '#api/blobs.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { TaskSpec } from '#api/v1alpha1/task.ts';
import { Agent } from '#agent-runtime/agent.ts';
import { FakeOperator } from '#testing/fake-operator.ts';
import { createTaskLog } from '#agent-runtime/log.ts';
import type { Order } from '#agent-runtime/order.ts';
import type { BlobContent, BlobStore } from '#agent-runtime/ports.ts';
import { action, failed, succeeded, textArtifact } from '#agent-runtime/roles/action.ts';
import { builtInRoles } from '#agent-runtime/roles/registry.ts';
import type { Source } from '#agent-runtime/workspace/workspace.ts';
import { openWorkspaces } from '#agent-runtime/workspace/workspaces.ts';
import { systemClock } from '#platform/clock.ts';
import { systemRandom } from '#platform/ids.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { createProcessSandbox } from '#sandbox/process/index.ts';
import type { Sandbox } from '#sandbox/port.ts';
import type { StopReason } from './live.ts';
import { createRunTask, type RunTask } from './run-task.ts';

const path = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`;
const owner = { namespaceUid: 'ns', ownerUid: 'owner' };
const anything = z.unknown();

class MemoryBlobs implements BlobStore {
  readonly blobs = new Map<string, Uint8Array>();

  async put(_: string, address: BlobAddress, content: BlobContent): Promise<void> {
    this.blobs.set(blobUri(address), content.kind === 'bytes' ? content.bytes : await readFile(content.path));
  }

  async get(_: string, address: BlobAddress, file: string): Promise<'found' | 'missing'> {
    const found = this.blobs.get(blobUri(address));
    if (found !== undefined) await writeFile(file, found);
    return found === undefined ? 'missing' : 'found';
  }
}

let scratch: string;
let remote: string;
let blobs: MemoryBlobs;
let sandbox: Sandbox;
let runTask: RunTask;

const git = (...args: string[]) => execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: remote }).toString().trim();
const source = (): Source => ({ kind: 'git', url: `file://${remote}`, ref: 'HEAD' });

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'run-task-'));
  remote = join(scratch, 'remote');
  await mkdir(remote);
  git('init', '--quiet');
  await writeFile(join(remote, 'a.txt'), 'a\n');
  git('add', '-A');
  git('commit', '--quiet', '-m', 'first commit');
  blobs = new MemoryBlobs();
  sandbox = createProcessSandbox({ workFolder: join(scratch, 'sandbox'), clock: systemClock, log: silentLog, path });
  const workspaces = await openWorkspaces({ workFolder: join(scratch, 'work'), mirrorBytes: 2 ** 30, path, log: silentLog, protocols: ['file'] });
  const odd = {
    Throws: action(anything, () => Promise.reject(new Error('oops'))),
    Ignores: action(anything, () => new Promise(() => {})),
    Brags: action(anything, async () => succeeded('big', { observed: { text: 'x'.repeat(3000) }, artifacts: [textArtifact('kept', 'text/plain', 'k')] })),
    Litters: action(anything, async () => succeeded('many', { artifacts: Array.from({ length: 16 }, (_, index) => textArtifact(`a${index}`, 'text/plain', 'x')) })),
    Measures: action(anything, async (_, { inputs }) => failed('ActionFailed', 'bad', { observed: { seen: inputs['n'] ?? 0 } })),
  };
  runTask = createRunTask({ roles: { ...builtInRoles, Odd: odd }, workspaces, sandbox, blobs, clock: systemClock, random: systemRandom, log: silentLog });
});

afterEach(async () => {
  await sandbox.shutdown();
  await rm(scratch, { recursive: true, force: true });
});

function orderFor(type: string, name: string, params: JsonObject, more: Partial<Order> = {}): Order {
  return { taskUid: 't', task: 'ns/t', attempt: 1, spec: TaskSpec.parse({ type, intent: { action: name, params } }), inputs: {}, source: source(), ...owner, deadlineSeconds: 60, ...more };
}

async function perform(order: Order, stop?: (abort: (reason: StopReason) => void) => void) {
  const stopping = new AbortController();
  const log = createTaskLog(systemClock);
  const live: Uint8Array[] = [];
  log.follow((_, data) => void live.push(data));
  stop?.((reason) => stopping.abort(reason));
  const result = await runTask(order, { signal: stopping.signal, log, grant: () => 'grant', progress: () => {} });
  log.flush();
  const textOf = (name: string) => {
    const uri = result.artifacts.find((artifact) => artifact.name === name)?.uri;
    return uri === undefined ? undefined : Buffer.from(blobs.blobs.get(uri) ?? []).toString();
  };
  return { ...result, textOf, live: Buffer.concat(live).toString() };
}

const shell = (script: string, more: Partial<Order> = {}) => orderFor('Tester', 'RunCommand', { command: ['sh', '-c', script] }, more);
const leftOver = async () => [await readdir(join(scratch, 'work', 'tasks')), await readdir(join(scratch, 'sandbox')).catch(() => [])];

describe('a command', () => {
  test('is measured in a fresh workspace, and leaves nothing behind', async () => {
    const result = await perform(orderFor('Tester', 'RunCommand', { command: ['git', 'log', '--format=%s'] }));
    const tree = git('rev-parse', 'HEAD^{tree}');
    expect(result).toMatchObject({ result: 'Succeeded', reason: 'Completed', observed: { exitCode: 0, outputBytes: 13 }, boundary: 'none', commit: git('rev-parse', 'HEAD'), treeBefore: tree, treeAfter: tree });
    expect(result.outputCommit).toBeUndefined();
    expect(result.artifacts.map(({ name, mediaType }) => [name, mediaType])).toEqual([['log', 'text/plain']]);
    expect(await leftOver()).toEqual([[], []]);
  });

  test('has one log: what was seen live is what is stored', async () => {
    const result = await perform(shell('echo out; echo err >&2; exit 3'));
    expect(result.textOf('log')).toBe(result.live);
    expect(result.live).toMatch(/^Tester RunCommand\nfiles: tree [0-9a-f]{40}, commit [0-9a-f]{40}\n\$ sh -c "echo out; echo err >&2; exit 3"\n(out\nerr|err\nout)\n\[failed with 3\]\nFailed: sh ended with 3, not 0; it last said: err\n$/);
    expect(result).toMatchObject({ result: 'Failed', reason: 'ActionFailed', observed: { exitCode: 3 } });
  });

  test('that changes files yields a bundle that the next task starts from', async () => {
    const first = await perform(shell('echo more > b.txt; rm a.txt'));
    expect(first.treeAfter).not.toBe(first.treeBefore);
    const [bundle] = first.artifacts;
    expect(bundle).toMatchObject({ name: 'output.bundle', mediaType: 'application/x-git-bundle' });
    const second = await perform(shell('cat b.txt; ls', { source: { kind: 'git', url: `file://${remote}`, ref: 'HEAD', commit: first.commit ?? '' }, bundle: { blob: bundle ?? { uri: '', sha256: '' }, commit: first.outputCommit ?? '' } }));
    expect(second).toMatchObject({ result: 'Succeeded', treeBefore: first.treeAfter, commit: first.outputCommit, observed: { outputBytes: 11 } });
  });

  test('cannot make the agent run code through the repository it leaves', async () => {
    const trap = join(scratch, 'trap');
    const result = await perform(shell(`echo x > new.txt; git -c user.name=x -c user.email=x commit -qm fake --allow-empty; git config core.fsmonitor 'touch ${trap}; false'; mkdir -p .git/hooks; echo 'touch ${trap}' > .git/hooks/post-index-change; chmod +x .git/hooks/*`));
    expect(result).toMatchObject({ result: 'Succeeded', commit: git('rev-parse', 'HEAD'), treeBefore: git('rev-parse', 'HEAD^{tree}'), outputCommit: expect.any(String) });
    expect(existsSync(trap)).toBe(false);
  });

  test('works in subPath', async () => {
    await mkdir(join(remote, 'sub'));
    await writeFile(join(remote, 'sub', 'here'), '');
    git('add', '-A');
    git('commit', '--quiet', '-m', 'sub');
    expect(await perform(shell('test -f here', { source: { kind: 'git', url: `file://${remote}`, ref: 'HEAD', subPath: 'sub' } }))).toMatchObject({ result: 'Succeeded' });
  });

  test('that outlives the deadline is dead, and the attempt TimedOut', async () => {
    const result = await perform(shell('sleep 1000', { deadlineSeconds: 1 }));
    expect(result).toMatchObject({ result: 'Failed', reason: 'TimedOut', observed: {} });
    expect(result.textOf('log')).toContain('ran longer than 1 s');
  });

  test('of an agent that is stopped is reported as AgentStopped, with its log', async () => {
    const result = await perform(shell('sleep 1000'), (abort) => setTimeout(() => abort('agentStopped'), 300));
    expect(result).toMatchObject({ result: 'Failed', reason: 'AgentStopped' });
    expect(result.textOf('log')).toContain('stopped before');
  });
});

describe('results', () => {
  const cases: Record<string, { order: () => Order; want: object }> = {
    'an unknown action is refused': { order: () => orderFor('Tester', 'Guess', {}), want: { result: 'Failed', reason: 'ActionRefused' } },
    'a workspace that cannot be had is said': { order: () => shell('true', { source: { kind: 'git', url: `file://${remote}`, ref: 'none' } }), want: { reason: 'WorkspaceFailed', artifacts: [{ name: 'log' }] } },
    'a missing bundle is a lost artifact': { order: () => shell('true', { bundle: { blob: { uri: blobUri({ ...owner, sha256: '0'.repeat(64) }), sha256: '0'.repeat(64) }, commit: '' } }), want: { reason: 'ArtifactLost' } },
    'a link out of the workspace is not copied': { order: () => shell('true', { source: { kind: 'git', url: `file://${remote}`, ref: 'link' } }), want: { reason: 'ActionFailed', message: expect.stringContaining('links out of the folder') } },
    'an action that throws is an error of the agent': { order: () => orderFor('Odd', 'Throws', {}), want: { reason: 'AgentError', message: expect.stringContaining('oops') } },
    'an action that ignores its signal ends all the same': { order: () => orderFor('Odd', 'Ignores', {}, { deadlineSeconds: 1 }), want: { reason: 'TimedOut' } },
    'too large results are dropped, artifacts are kept': { order: () => orderFor('Odd', 'Brags', {}), want: { reason: 'OutputTooLarge', observed: {}, artifacts: [{ name: 'kept' }, { name: 'log' }] } },
    'too many artifacts are too large': { order: () => orderFor('Odd', 'Litters', {}), want: { reason: 'OutputTooLarge', message: '17 artifacts, the limit is 16' } },
    'a failed action keeps what it observed of its inputs': { order: () => orderFor('Odd', 'Measures', {}, { inputs: { n: 5 } }), want: { result: 'Failed', reason: 'ActionFailed', observed: { seen: 5 } } },
    'files from a ConfigMap are analysed': { order: () => orderFor('Analyzer', 'AnalyzeCode', {}, { source: { kind: 'files', files: { 'x.ts': Buffer.from('1\n') } } }), want: { result: 'Succeeded', observed: { files: 1, lines: 1 }, artifacts: [{ name: 'analysis.md' }, { name: 'log' }] } },
    'an empty workspace is enough for a report': { order: () => orderFor('Analyzer', 'WriteReport', { title: 'T' }, { source: { kind: 'empty' }, inputs: { a: 1 } }), want: { result: 'Succeeded', artifacts: [{ name: 'report.md' }, { name: 'log' }] } },
  };
  test.each(Object.entries(cases))('%s', async (_, { order, want }) => {
    git('checkout', '--quiet', '-b', 'link');
    execFileSync('ln', ['-s', '/etc/passwd', join(remote, 'out')]);
    git('add', '-A');
    git('commit', '--quiet', '-m', 'link');
    git('checkout', '--quiet', '-');
    const result = await perform(order());
    expect(result).toMatchObject(want);
    for (const { uri } of result.artifacts) expect(blobs.blobs.has(uri)).toBe(true);
    expect((await leftOver())[0]).toEqual([]);
  });

  test('only what executed code has a boundary, and only git has a commit', async () => {
    const result = await perform(orderFor('Analyzer', 'AnalyzeCode', {}, { source: { kind: 'empty' } }));
    expect([result.boundary, result.commit, result.treeBefore]).toEqual([undefined, undefined, '4b825dc642cb6eb9a060e54bf8d69288fbee4904']);
  });
});

test('an emergency stop kills a real tree of processes, also what left its group', async () => {
  const operator = new FakeOperator('one');
  const agent = new Agent({ identity: { processUuid: 'u', slots: 1, agentTypes: ['Tester'], capabilities: [], boundary: 'none' }, dialer: operator, runTask, killProcesses: () => sandbox.shutdown(), clock: systemClock, random: systemRandom, log: silentLog });
  await expect.poll(() => operator.streams.length).toBe(1);
  const stream = operator.stream('one');
  await stream.say({ case: 'hello', value: { protocol: 1, term: 1, leaseSeconds: 30 } });
  const sleeper = `sleep 31${process.pid}`;
  const alive = () => execFileSync('ps', ['-eo', 'stat=,args=']).toString().split('\n').filter((line) => /^[^Z]\S*\s+sleep /.test(line) && line.endsWith(sleeper)).length;
  const spec = { type: 'Tester', intent: { action: 'RunCommand', params: { command: ['sh', '-c', `setsid ${sleeper} & ${sleeper} & (${sleeper}); wait`] } } };
  await stream.say({ case: 'assign', value: { taskUid: 'a', attempt: 1, epoch: { term: 1, counter: 1 }, specJson: JSON.stringify(spec), deadlineSeconds: 60, ...owner } });
  await expect.poll(alive, { timeout: 10_000 }).toBe(3);
  agent.emergencyStop('test');
  await expect(agent.ended).resolves.toBe('emergency');
  await expect.poll(alive, { timeout: 2000 }).toBe(0);
  expect(agent.state).toBe('FAILED');
});
