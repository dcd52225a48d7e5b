// RunCommand: runs one program in the sandbox and measures how it ended.
import { RunCommand } from '#api/intents.ts';
import { action, failed } from '#agent-runtime/roles/action.ts';
import { judge, observedOf } from './command.ts';

/** Fails unless the exit code is the expected one. */
export const runCommand = action(RunCommand, async ({ expectExitCode = 0 }, { planned: { call }, run }) => {
  if (call.tool !== 'process') return failed('ActionRefused', `intent.params.command: ${call.tool} is no program; give a program and its arguments`);
  const ended = await run(call.command, { timeoutSeconds: call.timeoutSeconds });
  return judge(ended, expectExitCode, call.program, observedOf(ended));
});
