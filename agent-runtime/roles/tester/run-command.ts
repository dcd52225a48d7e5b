// RunCommand: runs one program in the sandbox and measures how it ended.
import { RunCommand } from '#api/intents.ts';
import { action } from '#agent-runtime/roles/action.ts';
import { judge, observedOf } from './command.ts';

/** Fails unless the exit code is the expected one. */
export const runCommand = action(RunCommand, async ({ command, expectExitCode = 0, timeoutSeconds }, context) => {
  const run = await context.run(command, { timeoutSeconds });
  return judge(run, expectExitCode, command[0] ?? '', observedOf(run));
});
