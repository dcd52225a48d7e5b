import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { intents } from '#api/intents.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { frameworks, type PlannedAction, packageManagers, type WorkspaceFacts } from './action.ts';
import { formatterNames } from './formatters.ts';
import { parametrize } from './parametrize.ts';

const nothing: WorkspaceFacts = { languages: [], frameworks: [], scripts: {}, formatters: [], binaries: [] };

interface Asked {
  readonly intent: `${string}.${string}`;
  readonly params?: JsonObject;
  readonly facts?: Partial<WorkspaceFacts>;
  readonly inputs?: JsonObject;
  readonly pastSeconds?: number;
}

function ask({ intent, params = {}, facts = {}, inputs = {}, pastSeconds }: Asked) {
  const [type = '', action = ''] = intent.split('.');
  return parametrize({ type, intent: { action, params }, facts: { ...nothing, ...facts }, inputs, pastSeconds });
}

const patch = 'diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n';
const process = (...command: string[]) => ({ tool: 'process', command, program: command[0] });

describe('every intent becomes a call with an expectation', () => {
  const cases: Record<string, Asked & { want: Partial<PlannedAction> | object }> = {
    'AnalyzeCode measures everything unless told': { intent: 'Analyzer.AnalyzeCode', params: { area: 'src' }, want: { call: { tool: 'analyzer' }, params: { area: 'src', measures: ['languages', 'size', 'imports', 'complexity', 'duplicates', 'rules', 'secrets', 'dependencies'] }, expected: { files: 'unchanged', artifacts: ['analysis.sarif', 'analysis.md'] } } },
    'AnalyzeCode measures what it is told': { intent: 'Analyzer.AnalyzeCode', params: { measures: ['size'] }, want: { params: { measures: ['size'] } } },
    'CountPatterns': { intent: 'Analyzer.CountPatterns', params: { patterns: [{ name: 'notes', text: 'FIXME' }] }, want: { call: { tool: 'analyzer' }, expected: { files: 'unchanged', artifacts: ['patterns.md'] } } },
    'WriteReport': { intent: 'Analyzer.WriteReport', params: { title: 'T' }, want: { call: { tool: 'report' }, params: { title: 'T' }, expected: { files: 'unchanged', artifacts: ['report.md'] } } },
    'ApplyPatch changes just the paths that the diff names': { intent: 'Coder.ApplyPatch', params: { patch }, want: { call: { tool: 'patch' }, expected: { files: 'changed', paths: ['x'] } } },
    'ApplyPatch of a file changes something': { intent: 'Coder.ApplyPatch', params: { file: 'fix.diff' }, want: { params: { file: 'fix.diff' }, expected: { files: 'changed' } } },
    'RewriteCode changes something': { intent: 'Coder.RewriteCode', params: { language: 'go', rewrites: [{ pattern: 'a', rewrite: 'b' }] }, want: { call: { tool: 'rewriter' }, params: { language: 'go', rewrites: [{ pattern: 'a', rewrite: 'b' }], atLeast: 1 }, expected: { files: 'changed' } } },
    'RewriteCode that may find nothing expects nothing': { intent: 'Coder.RewriteCode', params: { language: 'go', rewrites: [{ pattern: 'a', rewrite: 'b' }], atLeast: 0 }, want: { expected: {} } },
    'FormatCode by the command of the user': { intent: 'Coder.FormatCode', params: { command: ['make', 'fmt'], timeoutSeconds: 9 }, want: { call: { ...process('make', 'fmt'), timeoutSeconds: 9 }, expected: { exitCode: 0, program: 'make' } } },
    'RunCode has bounds': { intent: 'Coder.RunCode', params: { source: 'return 1' }, want: { call: { tool: 'quickjs' }, params: { source: 'return 1', timeoutSeconds: 30, memoryMiB: 64 }, expected: {} } },
    'RunCode has the bounds it is given': { intent: 'Coder.RunCode', params: { file: 'a.js', timeoutSeconds: 5, memoryMiB: 8 }, want: { params: { file: 'a.js', timeoutSeconds: 5, memoryMiB: 8 } } },
    'WriteCode has a limit of turns, and no commands': { intent: 'Coder.WriteCode', params: { instructions: 'Mend it.' }, want: { call: { tool: 'model' }, params: { instructions: 'Mend it.', maxTurns: 30, allowCommands: false }, expected: {} } },
    'WriteTests must change files': { intent: 'Tester.WriteTests', params: { instructions: 'Test it.' }, want: { call: { tool: 'model' }, params: { instructions: 'Test it.', maxTurns: 30 }, expected: { files: 'changed' } } },
    'JudgeWork keeps the files': { intent: 'Tester.JudgeWork', params: { rubric: 'x', votes: 3, quorum: 2 }, want: { call: { tool: 'model' }, params: { rubric: 'x', votes: 3, quorum: 2 }, expected: { files: 'unchanged', artifacts: ['judgement.json'], claims: 'opinion' } } },
    'ExplainCode changes nothing and leaves its answer': { intent: 'Analyzer.ExplainCode', params: { question: 'Why?' }, want: { call: { tool: 'model' }, params: { question: 'Why?', maxTurns: 20 }, expected: { files: 'unchanged', artifacts: ['explanation.md', 'findings.json'], claims: 'opinion' } } },
    'PushCommit leaves the files alone': { intent: 'Coder.PushCommit', params: { branch: 'fix' }, want: { call: { tool: 'git' }, params: { branch: 'fix' }, expected: { files: 'unchanged' } } },
    'RunCommand ends with 0 unless told': { intent: 'Tester.RunCommand', params: { command: ['make', 'x'] }, want: { call: process('make', 'x'), params: { command: ['make', 'x'], expectExitCode: 0 }, expected: { exitCode: 0, program: 'make' } } },
    'RunCommand ends as it is told': { intent: 'Tester.RunCommand', params: { command: ['x'], expectExitCode: 3, timeoutSeconds: 60 }, want: { call: { ...process('x'), timeoutSeconds: 60 }, expected: { exitCode: 3, program: 'x' } } },
    'RunTests must pass and change nothing': { intent: 'Tester.RunTests', facts: { frameworks: ['go'] }, want: { call: process('go', 'test', '-json', './...'), params: { framework: 'go', command: ['go', 'test', '-json', './...'] }, framework: 'go', expected: { exitCode: 0, tests: 'pass', program: 'go', files: 'unchanged' } } },
    'RunTests that write a report may leave it there': { intent: 'Tester.RunTests', params: { command: ['./t'], report: 'r.xml', timeoutSeconds: 5 }, want: { call: { ...process('./t'), timeoutSeconds: 5 }, params: { framework: 'auto', command: ['./t'], report: 'r.xml', timeoutSeconds: 5 }, expected: { exitCode: 0, tests: 'pass', program: './t' } } },
    'VerifyCommand keeps the files': { intent: 'Tester.VerifyCommand', params: { command: ['x'], protect: ['test'] }, want: { call: process('x'), params: { command: ['x'], protect: ['test'], expectExitCode: 0 }, expected: { files: 'unchanged' } } },
    'VerifyArtifact finds its input': { intent: 'Tester.VerifyArtifact', params: { input: 'report' }, inputs: { report: { sha256: 'a' } }, want: { call: { tool: 'verifier' }, expected: { files: 'unchanged' } } },
    'a role of one\'s own has a call of its own': { intent: 'Painter.PaintWall', params: { colour: 'red' }, want: { call: { tool: 'custom', name: 'paintwall' }, params: { colour: 'red' }, expected: {} } },
  };
  test.each(Object.entries(cases))('%s', (_, { want, ...asked }) => {
    const answer = ask(asked);
    expect(answer).toMatchObject({ kind: 'action', action: want });
    const { expected } = want as PlannedAction;
    if (expected !== undefined) expect(answer.kind === 'action' && answer.action.expected).toEqual(expected);
  });

  test('an intent without parameters is one with none', () => {
    expect(parametrize({ type: 'Painter', intent: { action: 'Wait' }, facts: nothing, inputs: {} })).toMatchObject({ action: { params: {} } });
  });
});

describe('one intent, six workspaces, six formatters', () => {
  const cases: Record<string, { facts: Partial<WorkspaceFacts>; command: string; program: string }> = {
    'prettier with npm': { facts: { formatters: ['prettier', 'eslint'] }, command: 'npx --no-install prettier --write .', program: 'prettier' },
    'biome with pnpm': { facts: { formatters: ['biome'], packageManager: 'pnpm' }, command: 'pnpm exec biome format --write .', program: 'biome' },
    'eslint with yarn': { facts: { formatters: ['eslint'], packageManager: 'yarn' }, command: 'yarn run eslint --fix .', program: 'eslint' },
    'ruff': { facts: { formatters: ['ruff', 'black'] }, command: 'ruff format .', program: 'ruff' },
    'gofmt': { facts: { formatters: ['gofmt'] }, command: 'gofmt -w .', program: 'gofmt' },
    'rustfmt': { facts: { formatters: ['rustfmt'] }, command: 'cargo fmt --all', program: 'rustfmt' },
    'black': { facts: { formatters: ['black'] }, command: 'black .', program: 'black' },
    'a script of the workspace goes first': { facts: { formatters: ['prettier'], scripts: { format: 'prettier --write src' }, packageManager: 'pnpm' }, command: 'pnpm run format', program: 'pnpm' },
    'but not one that only checks': { facts: { formatters: ['prettier'], scripts: { format: 'prettier --check .', fmt: 'prettier -l .' } }, command: 'npx --no-install prettier --write .', program: 'prettier' },
    'an unknown formatter is passed over': { facts: { formatters: ['constructor', 'black'] }, command: 'black .', program: 'black' },
  };
  test.each(Object.entries(cases))('%s', (_, { facts, command, program }) => {
    const answer = ask({ intent: 'Coder.FormatCode', facts });
    expect(answer).toMatchObject({ action: { call: { tool: 'process', command: command.split(' '), program }, params: { command: command.split(' ') }, expected: { exitCode: 0, program } } });
  });
});

describe('what cannot be done here is told with its field', () => {
  const cases: Record<string, Asked & { field: string; reason: RegExp }> = {
    'an unknown action': { intent: 'Tester.constructor', field: 'intent.action', reason: /Tester does not know constructor; it knows RunCommand, RunTests/ },
    'a wrong parameter': { intent: 'Analyzer.CountPatterns', params: { patterns: [{ name: 'a b', text: 'x' }] }, field: 'intent.params.patterns[0].name', reason: /letters/ },
    'an unknown parameter': { intent: 'Analyzer.AnalyzeCode', params: { depth: 3 }, field: 'intent.params', reason: /depth/ },
    'a diff that is none': { intent: 'Coder.ApplyPatch', params: { patch: 'no' }, field: 'intent.params.patch', reason: /names no file/ },
    'no diff': { intent: 'Coder.ApplyPatch', field: 'intent.params.patch', reason: /neither patch nor file/ },
    'two sources': { intent: 'Coder.RunCode', params: { source: 'x', file: 'y' }, field: 'intent.params.file', reason: /both given; give exactly one/ },
    'no formatter': { intent: 'Coder.FormatCode', field: 'intent.params.command', reason: /no formatter was recognised/ },
    'no framework': { intent: 'Tester.RunTests', field: 'intent.params.framework', reason: /name it/ },
    'an input that the task does not have': { intent: 'Tester.VerifyArtifact', params: { input: 'x' }, inputs: { a: 1, b: 2 }, field: 'intent.params.input', reason: /no input x; it has a, b/ },
    'an inherited name is no input': { intent: 'Tester.VerifyArtifact', params: { input: 'constructor' }, field: 'intent.params.input', reason: /it has none/ },
  };
  test.each(Object.entries(cases))('%s', (_, { field, reason, ...asked }) => expect(ask(asked)).toEqual({ kind: 'fault', field, reason: expect.stringMatching(reason) }));
});

describe('the past', () => {
  const cases: Record<string, { pastSeconds: number | undefined; want: { expectedSeconds?: number; withinSeconds?: number } }> = {
    'none expects no time': { pastSeconds: undefined, want: {} },
    '0 is none': { pastSeconds: 0, want: {} },
    'five times as long is still as usual': { pastSeconds: 60, want: { expectedSeconds: 60, withinSeconds: 300 } },
    'ten seconds are always': { pastSeconds: 1, want: { expectedSeconds: 1, withinSeconds: 10 } },
    'limits are whole seconds': { pastSeconds: 2.1, want: { expectedSeconds: 2.1, withinSeconds: 11 } },
  };
  test.each(Object.entries(cases))('%s', (_, { pastSeconds, want }) => {
    const answer = ask({ intent: 'Tester.RunCommand', params: { command: ['x'] }, ...(pastSeconds === undefined ? {} : { pastSeconds }) });
    const { expectedSeconds, expected } = answer.kind === 'action' ? answer.action : ({ expected: {} } as PlannedAction);
    expect({ expectedSeconds, withinSeconds: expected.withinSeconds }).toEqual({ expectedSeconds: undefined, withinSeconds: undefined, ...want });
  });
});

const names = Object.entries(intents).flatMap(([type, actions]) => Object.keys(actions).map((action) => `${type}.${action}` as const));
const anyFacts: fc.Arbitrary<WorkspaceFacts> = fc.record({
  languages: fc.subarray(['Go', 'TypeScript', 'Python']),
  frameworks: fc.shuffledSubarray([...frameworks]),
  packageManager: fc.constantFrom(...packageManagers),
  scripts: fc.dictionary(fc.constantFrom('test', 'format', 'pretest', '__proto__'), fc.constantFrom('vitest', 'jest && x', 'node --test', 'make', '')),
  formatters: fc.shuffledSubarray([...formatterNames]),
  binaries: fc.subarray(['vitest', 'jest', 'mocha']),
});
const anyParams = fc.dictionary(fc.constantFrom('command', 'framework', 'report', 'patch', 'file', 'input', 'source', '__proto__'), fc.oneof(fc.string(), fc.array(fc.string()), fc.constantFrom(...frameworks)), { maxKeys: 3 });

test('parametrize is total, the same every time, and a process has a command', () => {
  fc.assert(
    fc.property(fc.constantFrom(...names), anyParams, anyFacts, fc.nat(100), (intent, params, facts, pastSeconds) => {
      const answer = ask({ intent, params, facts, pastSeconds });
      expect(ask(structuredClone({ intent, params, facts, pastSeconds }))).toEqual(answer);
      if (answer.kind === 'fault') expect(answer.field).toMatch(/^intent\./);
      else if (answer.action.call.tool === 'process') expect(answer.action.call.command[0]).toMatch(/./);
    }),
  );
});
