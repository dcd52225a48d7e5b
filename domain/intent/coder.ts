// Intents of the Coder: what they change is told before they run wherever the parameters say it.
import { ApplyPatch, FormatCode, PushCommit, RewriteCode, RunCode, WriteCode } from '#api/intents.ts';
import { type Bind, binding, type Fault, paramFault, processCall, stated, toolBinding } from './binding.ts';
import { diffPaths } from './diff-paths.ts';
import { formatterOf } from './formatters.ts';

const codeDefaults = { timeoutSeconds: 30, memoryMiB: 64 } as const;

const applyPatch = binding(ApplyPatch, (params) => {
  const { patch, file } = params;
  const fault = exactlyOne('patch', patch, 'file', file);
  if (fault !== undefined) return fault;
  if (patch === undefined) return toolBinding('patch', params, { files: 'changed' });
  const diff = diffPaths(patch);
  if (diff.kind === 'unreadable') return paramFault('patch', diff.reason);
  return toolBinding('patch', params, { files: 'changed', paths: diff.paths });
});

const rewriteCode = binding(RewriteCode, (params) => {
  const completed = { ...params, atLeast: params.atLeast ?? 1 };
  return toolBinding('rewriter', completed, completed.atLeast === 0 ? {} : { files: 'changed' });
});

const formatCode: Bind = binding(FormatCode, (params, { facts }) => {
  const formatter = params.command === undefined ? formatterOf(facts) : { command: params.command };
  if (formatter === undefined) return paramFault('command', 'no formatter was recognised in the workspace; give the command of yours, for example ["npx", "prettier", "--write", "."]');
  const call = processCall({ ...formatter, timeoutSeconds: params.timeoutSeconds });
  return { kind: 'bound', call, params: stated({ ...params, command: call.command }), expected: { exitCode: 0, program: call.program } };
});

const runCode = binding(RunCode, (params) => {
  const completed = { ...params, timeoutSeconds: params.timeoutSeconds ?? codeDefaults.timeoutSeconds, memoryMiB: params.memoryMiB ?? codeDefaults.memoryMiB };
  return exactlyOne('source', params.source, 'file', params.file) ?? toolBinding('quickjs', completed, {});
});

/** What a model will change is not known before it runs, nor that anything needs a change. */
const writeCode = binding(WriteCode, (params) => toolBinding('model', { ...params, maxTurns: params.maxTurns ?? 30, allowCommands: params.allowCommands ?? false }, {}));

/** What the Coder is asked for. */
export const coderBindings = {
  ApplyPatch: applyPatch,
  RewriteCode: rewriteCode,
  FormatCode: formatCode,
  RunCode: runCode,
  WriteCode: writeCode,
  PushCommit: binding(PushCommit, (params) => toolBinding('git', params, { files: 'unchanged' })),
};

function exactlyOne(one: string, first: unknown, other: string, second: unknown): Fault | undefined {
  if (first === undefined && second === undefined) return paramFault(one, `neither ${one} nor ${other} is given; give exactly one of them`);
  if (first !== undefined && second !== undefined) return paramFault(other, `${one} and ${other} are both given; give exactly one of them`);
  return undefined;
}
