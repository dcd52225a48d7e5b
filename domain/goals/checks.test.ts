// Goals that somebody else has to check: commands, and the content of artifacts.
import { describe, expect, test } from 'vitest';
import type { GoalStatus } from '#api/v1alpha1/mission.ts';
import { changed, decided, done, fact, goal, missionTree, unchanged } from '#testing/builders/goals.ts';
import type { TaskFact } from './facts.ts';
import { goalReasons } from './reasons.ts';

interface Case {
  readonly tasks?: readonly TaskFact[];
  readonly verifier?: TaskFact;
  readonly stuck?: true;
  readonly want: string;
}

function suite(check: Parameters<typeof goal>[0], cases: Record<string, Case>, normal: readonly TaskFact[]): void {
  test.each(Object.entries(cases))('%s', (_, { tasks = normal, verifier, stuck, want }) => {
    const [status] = decided([goal(check)], tasks, { verifiers: verifier === undefined ? [] : [verifier], withoutVerifier: new Set(stuck === true ? ['verify-g'] : []) }) as [GoalStatus];
    expect(`${status.state} ${status.reason} | ${status.evidence}`).toBe(want);
    expect(Object.keys(goalReasons)).toContain(status.reason);
  });
}

const outputTree = { treeBefore: 'ffff0000ffff', treeAfter: 'ffff0000ffff' };
const build = done('build', {}, { workspace: changed });
const plan = { workspaceFrom: 'build', verifies: ['build'] };
/** A verifier of the files of build, on another agent. */
const ran = (observed: TaskFact['observed'], more: Partial<TaskFact> = {}) => done('verify-g', observed, { ...plan, workspace: outputTree, agent: 'agent-2', agents: ['agent-2'], ...more });
const failed = (observed: TaskFact['observed'], more: Partial<TaskFact> = {}) => ran(observed, { outcome: 'Failed', message: 'it failed', ...more });

describe('a command', () => {
  suite(
    { command: { command: ['npm', 'test'], from: 'build' } },
    {
      'waits for the files it is about': { tasks: [fact('build')], verifier: fact('verify-g', plan), want: 'Unknown Waiting | npm test waits for task build' },
      'waits for its verifier': { verifier: fact('verify-g', plan), want: 'Unknown Waiting | npm test is not checked yet' },
      'whose verifier is not planned waits': { want: 'Unknown Waiting | npm test is not checked yet' },
      'waits for an agent that did not make what it checks': { verifier: fact('verify-g', plan), stuck: true, want: 'Unknown NoIndependentVerifier | npm test waits for another agent: those that are there executed build' },
      'that passed elsewhere on the files is met': { verifier: ran({ exitCode: 0 }), want: 'Met CommandPassed | npm test ended with 0 on agent agent-2 (tree ffff0000, attempt 1)' },
      'that failed is not, and its last words are told': { verifier: failed({ exitCode: 1, outputTail: 'x\n2 failed\n' }), want: 'Unmet CommandFailed | npm test ended with 1, not 0 on agent agent-2 (tree ffff0000, attempt 1); it last said: x 2 failed' },
      'whose protected files were tampered with says so': {
        verifier: ran({ exitCode: 0, protectedChanged: 2, restored: 'test/add.test.ts,test/b.ts' }),
        want: 'Met CommandPassed | npm test ended with 0 on agent agent-2 (tree ffff0000, attempt 1); 2 protected files differed and were restored: test/add.test.ts,test/b.ts',
      },
      'and of one file in the singular': { verifier: failed({ exitCode: 1, protectedChanged: 1 }), want: 'Unmet CommandFailed | npm test ended with 1, not 0 on agent agent-2 (tree ffff0000, attempt 1); 1 protected file differed and was restored' },
      'of a verifier that says success and measured another code is not met': { verifier: ran({ exitCode: 1 }), want: 'Unmet CommandFailed | npm test ended with 1, not 0 on agent agent-2 (tree ffff0000, attempt 1)' },
      'of a verifier that measured the right code and failed is not met': { verifier: failed({ exitCode: 0 }), want: 'Unmet CommandFailed | npm test ended with 0 on agent agent-2 (tree ffff0000, attempt 1)' },
      'of a verifier that says success and measured nothing is not met': { verifier: ran({ claimed: 0 }), want: 'Unmet VerifierFailed | npm test could not be checked: task verify-g failed: ' },
      'that never ended by itself could not be checked': { verifier: failed({}, { message: 'npm was killed: it still ran after 600 s' }), want: 'Unmet VerifierFailed | npm test could not be checked: task verify-g failed: npm was killed: it still ran after 600 s' },
      'that ran where its subject was made proves nothing': {
        verifier: ran({ exitCode: 0 }, { agent: 'agent-1' }),
        want: 'Unmet UnverifiedEvidence | agent agent-1 ran verify-g, but also build, whose work it checks; npm test ended with 0 on agent agent-1 (tree ffff0000, attempt 1)',
      },
      'that ran where an earlier attempt at its subject was made proves nothing': {
        tasks: [done('build', {}, { workspace: changed, agents: ['agent-1', 'agent-2'] })],
        verifier: ran({ exitCode: 0 }),
        want: 'Unmet UnverifiedEvidence | agent agent-2 ran verify-g, but also build, whose work it checks; npm test ended with 0 on agent agent-2 (tree ffff0000, attempt 1)',
      },
      'that ran nobody knows where proves nothing': { verifier: ran({ exitCode: 0 }, { agent: undefined }), want: 'Unmet UnverifiedEvidence | nobody knows which agent ran verify-g; npm test ended with 0 (tree ffff0000, attempt 1)' },
      'that ran on the files before the change proves nothing': {
        verifier: ran({ exitCode: 0 }, { workspace: unchanged }),
        want: 'Unmet UnverifiedEvidence | verify-g did not run on the files of build, or changed them; npm test ended with 0 on agent agent-2 (tree 1a2b3c4d, attempt 1)',
      },
      'whose verifier left other files behind proves nothing': {
        verifier: ran({ exitCode: 0 }, { workspace: { treeBefore: 'ffff0000ffff', treeAfter: 'eeee' } }),
        want: 'Unmet UnverifiedEvidence | verify-g did not run on the files of build, or changed them; npm test ended with 0 on agent agent-2 (tree ffff0000 changed to eeee, attempt 1)',
      },
      'on files that did not come about is not checked': { tasks: [fact('build', { outcome: 'Failed' })], verifier: fact('verify-g', { ...plan, outcome: 'Skipped', message: 'task build ended as Failed' }), want: 'Unmet NotVerified | npm test was not checked: task build ended as Failed' },
      'of a mission that was ended is not checked': { verifier: fact('verify-g', { ...plan, outcome: 'Cancelled', message: 'operatingMode is Cancel' }), want: 'Unmet NotVerified | npm test was not checked: operatingMode is Cancel' },
    },
    [build],
  );

  suite(
    { command: { command: ['true'], expectExitCode: 3 } },
    {
      'about the workspace itself needs only somebody to run it': { verifier: done('verify-g', { exitCode: 3 }), want: 'Met CommandPassed | true ended with 3 on agent agent-1 (tree 1a2b3c4d, attempt 1)' },
      'is held to the code that was asked for': { verifier: done('verify-g', { exitCode: 0 }), want: 'Unmet CommandFailed | true ended with 0, not 3 on agent agent-1 (tree 1a2b3c4d, attempt 1)' },
      'about the workspace has to run on its recorded files': { verifier: done('verify-g', { exitCode: 3 }, { workspace: outputTree }), want: 'Unmet UnverifiedEvidence | verify-g did not run on the files of the workspace, or changed them; true ended with 3 on agent agent-1 (tree ffff0000, attempt 1)' },
    },
    [],
  );

  const proofOf = (verifier: TaskFact) => decided([goal({ command: { command: ['npm', 'test'], from: 'build' } })], [build], { verifiers: [verifier] })[0]?.proof;

  test('leaves a proof: who ran what on which files, and what came out', () => {
    expect(proofOf(failed({ exitCode: 1, outputTail: '1 failed\n' }))).toEqual({ task: 'verify-g', agent: 'agent-2', tree: 'ffff0000ffff', command: 'npm test', exitCode: 1, outputTail: '1 failed' });
    expect(proofOf(failed({ exitCode: 999 }))).toEqual({ task: 'verify-g', agent: 'agent-2', tree: 'ffff0000ffff', command: 'npm test' });
    expect(proofOf(fact('verify-g', { ...plan, outcome: 'Skipped' }))).toBeUndefined();
  });

  test('has evidence and a proof that fit their fields and forge no lines', () => {
    const [status] = decided([goal({ command: { command: Array.from({ length: 64 }, () => 'x'.repeat(100)) } })], [], { verifiers: [done('verify-g', { exitCode: 1, outputTail: `${'\u001b[2J'.repeat(300)}end` })] });
    const { evidence, proof } = status as GoalStatus;
    expect(evidence.length).toBeLessThanOrEqual(512);
    expect(proof?.command).toHaveLength(256);
    expect(proof?.outputTail).toMatch(/^.{509}end$/);
    expect(`${evidence}${JSON.stringify(proof)}`).not.toContain('\u001b');
  });
});

describe('an artifact', () => {
  const digest = 'ab'.repeat(32);
  const coverage = { name: 'coverage.json', uri: 'blob:x', sha256: digest, sizeBytes: 12, mediaType: 'application/json' };
  const there = [done('test', {}, { artifacts: [coverage] })];
  const found = `artifact coverage.json of task test: 12 bytes, SHA-256 ${digest}`;

  suite(
    { artifact: { task: 'test', name: 'coverage.json' } },
    {
      'is waited for': { tasks: [fact('test')], want: 'Unknown Waiting | artifact coverage.json of task test is not there yet' },
      'that is there is enough when nothing more is asked': { want: `Met ArtifactPassed | ${found}` },
      'of a failed task does not count': { tasks: [done('test', {}, { outcome: 'Failed', artifacts: [coverage] })], want: 'Unmet ArtifactMissing | artifact coverage.json of task test is not there: the task ended as Failed' },
      'that was not made is missing, and what was made is named': { tasks: [done('test', {}, { artifacts: [{ ...coverage, name: 'report.md' }] })], want: 'Unmet ArtifactMissing | artifact coverage.json of task test is not there: the task made report.md' },
      'of a task that made none is missing': { tasks: [done('test')], want: 'Unmet ArtifactMissing | artifact coverage.json of task test is not there: the task made none' },
    },
    there,
  );

  suite(
    { artifact: { task: 'test', name: 'coverage.json', sha256: 'cd'.repeat(32) } },
    { 'with another digest is told with both': { want: `Unmet ArtifactFailed | ${found}, not ${'cd'.repeat(32)}` } },
    there,
  );

  const looked = (observed: TaskFact['observed'], more: Partial<TaskFact> = {}) => done('verify-g', { sha256: digest, ...observed }, { hasWorkspace: false, workspace: undefined, verifies: ['test'], agent: 'agent-2', ...more });
  suite(
    { artifact: { task: 'test', name: 'coverage.json', expression: 'json.pct > 80' } },
    {
      'whose content nobody read yet waits': { verifier: fact('verify-g', { verifies: ['test'] }), want: 'Unknown Waiting | artifact coverage.json of task test is not checked yet' },
      'whose content holds is met': { verifier: looked({}), want: `Met ArtifactPassed | ${found}; checked on agent agent-2` },
      'whose content does not hold is not, and the first fault is told': { verifier: looked({ firstFault: 'json.pct > 80 is false' }, { outcome: 'Failed' }), want: `Unmet ArtifactFailed | ${found}; checked on agent agent-2: json.pct > 80 is false` },
      'that was another when it was read proves nothing': { verifier: looked({ sha256: 'ee' }), want: `Unmet UnverifiedEvidence | verify-g read other bytes: SHA-256 ee; ${found}; checked on agent agent-2` },
      'that its maker read proves nothing': { verifier: looked({}, { agent: 'agent-1' }), want: `Unmet UnverifiedEvidence | agent agent-1 ran verify-g, but also test, whose work it checks; ${found}; checked on agent agent-1` },
      'that could not be read could not be checked': { verifier: looked({ sha256: null }, { outcome: 'Failed', message: 'the blob is gone' }), want: 'Unmet VerifierFailed | artifact coverage.json of task test could not be checked: task verify-g failed: the blob is gone' },
      'that is missing needs no verifier to say so': { tasks: [done('test')], verifier: looked({}), want: 'Unmet ArtifactMissing | artifact coverage.json of task test is not there: the task made none' },
    },
    there,
  );

  test('leaves the digest of what was read as its proof', () => {
    const [status] = decided([goal({ artifact: { task: 'test', name: 'coverage.json', schema: {} } })], there, { verifiers: [looked({})] });
    expect(status?.proof).toEqual({ task: 'verify-g', agent: 'agent-2', artifactSha256: digest });
  });
});

test('an expression may not read what a verifier measured', () => {
  const [status] = decided([goal({ expression: 'tasks["verify-g"].observed.exitCode == 0' })], [], { verifiers: [done('verify-g', { exitCode: 0 })], recordedTrees: new Map([['verify-g', missionTree]]) });
  expect(status).toMatchObject({ state: 'Unmet', reason: 'FieldMissing' });
});
