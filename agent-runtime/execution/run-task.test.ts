import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { blobUri } from '#api/blobs.ts';
import { Agent } from '#agent-runtime/agent.ts';
import type { Order } from '#agent-runtime/order.ts';
import { action, failed, succeeded, textArtifact } from '#agent-runtime/roles/action.ts';
import { systemClock } from '#platform/clock.ts';
import { systemRandom } from '#platform/ids.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { FakeOperator } from '#testing/fake-operator.ts';
import { owner, RunnerUnderTest } from './testing.ts';

const anything = z.unknown();
const odd = {
  Throws: action(anything, () => Promise.reject(new Error('oops'))),
  Ignores: action(anything, () => new Promise(() => {})),
  Stumbles: action(anything, (_, { signal }) => new Promise((__, reject) => signal.addEventListener('abort', () => reject(new Error('stopped halfway'))))),
  Brags: action(anything, async () => succeeded('big', { observed: { text: 'x'.repeat(3000) }, artifacts: [textArtifact('kept', 'text/plain', 'k')] })),
  Litters: action(anything, async () => succeeded('many', { artifacts: Array.from({ length: 16 }, (_, index) => textArtifact(`a${index}`, 'text/plain', 'x')) })),
  Measures: action(anything, async (_, { inputs }) => failed('ActionFailed', 'bad', { observed: { seen: inputs['n'] ?? 0 } })),
};
const ones = { patterns: [{ name: 'ones', text: '1' }] };
const t = RunnerUnderTest.inEachTest({ Odd: odd });
const { after, git, leftOver, orderFor, perform, shell, source } = t;

describe('a command', () => {
  test('is measured in a fresh workspace, and leaves nothing behind', async () => {
    const result = await perform(orderFor('Tester', 'RunCommand', { command: ['git', 'log', '--format=%s'] }));
    const tree = git('rev-parse', 'HEAD^{tree}');
    expect(result).toMatchObject({ result: 'Succeeded', reason: 'Completed', observed: { exitCode: 0, outputBytes: 6 }, boundary: 'none', commit: git('rev-parse', 'HEAD'), treeBefore: tree, treeAfter: tree });
    expect(result.outputCommit).toBeUndefined();
    expect(result.artifacts.map(({ name, mediaType }) => [name, mediaType])).toEqual([['log', 'text/plain']]);
    expect(await leftOver()).toEqual([[], [], []]);
  });

  test('has one log: what was seen live is what is stored', async () => {
    const result = await perform(shell('echo out; echo err >&2; exit 3'));
    expect(result.textOf('log')).toBe(result.live);
    expect(result.live).toMatch(/^Tester RunCommand\nfiles: tree [0-9a-f]{40}, commit [0-9a-f]{40}\ntool: sh\nexpected: sh is installed\nexpected: the command ends with 0\n\$ sh -c "echo out; echo err >&2; exit 3"\n(out\nerr|err\nout)\n\[failed with 3\]\nFailed: sh ended with 3, not 0; it last said: err\n$/);
    expect(result).toMatchObject({ result: 'Failed', reason: 'ActionFailed', observed: { exitCode: 3 } });
  });

  test('that changes files yields a bundle that the next task starts from', async () => {
    const first = await perform(shell('echo more > b.txt; rm a.txt'));
    expect(first.treeAfter).not.toBe(first.treeBefore);
    const [bundle] = first.artifacts;
    expect(bundle).toMatchObject({ name: 'output.bundle', mediaType: 'application/x-git-bundle' });
    const second = await perform(shell('cat b.txt; ls', after(first)));
    expect(second).toMatchObject({ result: 'Succeeded', treeBefore: first.treeAfter, commit: first.outputCommit, observed: { outputBytes: 11 } });
  });

  test('cannot make the agent run code through the repository it leaves', async () => {
    const trap = join(t.scratch, 'trap');
    const result = await perform(shell(`echo x > new.txt; git -c user.name=x -c user.email=x commit -qm fake --allow-empty; git config core.fsmonitor 'touch ${trap}; false'; mkdir -p .git/hooks; echo 'touch ${trap}' > .git/hooks/post-index-change; chmod +x .git/hooks/*`));
    expect(result).toMatchObject({ result: 'Succeeded', commit: git('rev-parse', 'HEAD'), treeBefore: git('rev-parse', 'HEAD^{tree}'), outputCommit: expect.any(String) });
    expect(existsSync(trap)).toBe(false);
  });

  test('works in subPath', async () => {
    await mkdir(join(t.remote, 'sub'));
    await writeFile(join(t.remote, 'sub', 'here'), '');
    git('add', '-A');
    git('commit', '--quiet', '-m', 'sub');
    expect(await perform(shell('test -f here', { source: source({ subPath: 'sub' }) }))).toMatchObject({ result: 'Succeeded' });
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
    'a workspace that cannot be had is said': { order: () => shell('true', { source: source({ ref: 'none' }) }), want: { reason: 'WorkspaceFailed', artifacts: [{ name: 'log' }] } },
    'a missing bundle is a lost artifact': { order: () => shell('true', { bundle: { blob: { uri: blobUri({ ...owner, sha256: '0'.repeat(64) }), sha256: '0'.repeat(64) }, commit: '' } }), want: { reason: 'ArtifactLost' } },
    'a link out of the workspace is not copied': { order: () => shell('true', { source: source({ ref: 'link' }) }), want: { reason: 'ActionFailed', message: expect.stringContaining('links out of the folder') } },
    'an action that throws is an error of the agent': { order: () => orderFor('Odd', 'Throws', {}), want: { reason: 'AgentError', message: expect.stringContaining('oops') } },
    'an action that ignores its signal ends all the same': { order: () => orderFor('Odd', 'Ignores', {}, { deadlineSeconds: 1 }), want: { reason: 'TimedOut' } },
    'an action that is stopped halfway is no error of the agent': { order: () => orderFor('Odd', 'Stumbles', {}, { deadlineSeconds: 1 }), want: { reason: 'TimedOut' } },
    'too large results are dropped, artifacts are kept': { order: () => orderFor('Odd', 'Brags', {}), want: { reason: 'OutputTooLarge', observed: {}, artifacts: [{ name: 'kept' }, { name: 'log' }] } },
    'too many artifacts are too large': { order: () => orderFor('Odd', 'Litters', {}), want: { reason: 'OutputTooLarge', message: '17 artifacts, the limit is 16' } },
    'a failed action keeps what it observed of its inputs': { order: () => orderFor('Odd', 'Measures', {}, { inputs: { n: 5 } }), want: { result: 'Failed', reason: 'ActionFailed', observed: { seen: 5 } } },
    'files from a ConfigMap are looked at': { order: () => orderFor('Analyzer', 'CountPatterns', ones, { source: { kind: 'files', files: { 'x.ts': Buffer.from('1\n') } } }), want: { result: 'Succeeded', observed: { ones: 1 } } },
    'an empty workspace is enough for a report': { order: () => orderFor('Analyzer', 'WriteReport', { title: 'T' }, { source: { kind: 'empty' }, inputs: { a: 1 } }), want: { result: 'Succeeded', artifacts: [{ name: 'report.md' }, { name: 'log' }] } },
  };
  test.each(Object.entries(cases))('%s', async (_, { order, want }) => {
    git('checkout', '--quiet', '-b', 'link');
    execFileSync('ln', ['-s', '/etc/passwd', join(t.remote, 'out')]);
    git('add', '-A');
    git('commit', '--quiet', '-m', 'link');
    git('checkout', '--quiet', '-');
    const result = await perform(order());
    expect(result).toMatchObject(want);
    for (const { uri } of result.artifacts) expect(t.blobs.blobs.has(uri)).toBe(true);
    expect((await leftOver())[0]).toEqual([]);
  });

  test('only what executed code has a boundary, and only git has a commit', async () => {
    const result = await perform(orderFor('Analyzer', 'CountPatterns', ones, { source: { kind: 'empty' } }));
    expect([result.boundary, result.commit, result.treeBefore]).toEqual([undefined, undefined, '4b825dc642cb6eb9a060e54bf8d69288fbee4904']);
  });
});

test('an emergency stop kills a real tree of processes, also what left its group', async () => {
  const operator = new FakeOperator('one');
  const agent = new Agent({ identity: { processUuid: 'u', slots: 1, agentTypes: ['Tester'], capabilities: [], boundary: 'none' }, dialer: operator, runTask: t.runTask, killProcesses: async () => t.sandboxes.process?.shutdown(), clock: systemClock, random: systemRandom, log: silentLog });
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
