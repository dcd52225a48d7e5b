// Intents of the Tester: programs of the workspace, with what they must come to.
import { JudgeWork, RunCommand, RunTests, VerifyArtifact, VerifyCommand, WriteTests } from '#api/intents.ts';
import type { ExpectedState } from '#domain/consistency/state.ts';
import { type Bind, binding, paramFault, processCall, stated, toolBinding } from './binding.ts';
import { testRun } from './test-run.ts';

const runCommand: Bind = binding(RunCommand, (params) => {
  const call = processCall(params);
  const completed = { ...params, expectExitCode: params.expectExitCode ?? 0 };
  return { kind: 'bound', call, params: stated(completed), expected: { exitCode: completed.expectExitCode, program: call.program } };
});

const runTests: Bind = binding(RunTests, (params, { facts }) => {
  const run = testRun(params, facts);
  if (run.kind === 'fault') return run;
  const call = processCall({ ...run, timeoutSeconds: params.timeoutSeconds });
  const { framework } = run;
  // A report that the user asks for is a file of the workspace; whether it is ignored there is not known.
  const files: ExpectedState = params.report === undefined ? { files: 'unchanged' } : {};
  return {
    kind: 'bound',
    call,
    params: stated({ ...params, framework: framework ?? 'auto', command: call.command, report: run.report }),
    ...(framework === undefined ? {} : { framework }),
    expected: { exitCode: 0, tests: 'pass', program: call.program, ...files },
  };
});

const verifyCommand: Bind = binding(VerifyCommand, (params) => {
  const completed = stated({ ...params, expectExitCode: params.expectExitCode ?? 0 });
  return { kind: 'bound', call: processCall(params), params: completed, expected: { files: 'unchanged' } };
});

const verifyArtifact = binding(VerifyArtifact, (params, { inputs }) => {
  if (Object.hasOwn(inputs, params.input)) return toolBinding('verifier', params, { files: 'unchanged' });
  const names = Object.keys(inputs);
  return paramFault('input', `the task has no input ${params.input}; ${names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`}: name one of its inputs, or add the input to the task`);
});

/** What the Tester is asked for. */
export const testerBindings = {
  RunCommand: runCommand,
  RunTests: runTests,
  WriteTests: binding(WriteTests, (params) => toolBinding('model', { ...params, maxTurns: params.maxTurns ?? 30 }, { files: 'changed' })),
  VerifyCommand: verifyCommand,
  VerifyArtifact: verifyArtifact,
  JudgeWork: binding(JudgeWork, (params) => toolBinding('model', params, { files: 'unchanged', artifacts: ['judgement.json'], claims: 'opinion' })),
};
