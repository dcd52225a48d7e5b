// FormatCode: runs the formatter of the workspace in the sandbox; what it changes is the output of the task.
import { FormatCode } from '#api/intents.ts';
import { action, failed } from '#agent-runtime/roles/action.ts';
import { judge, observedOf } from '#agent-runtime/roles/tester/command.ts';

/** Fails unless the formatter ends with 0. */
export const formatCode = action(FormatCode, async ({ timeoutSeconds }, context) => {
  const { call } = context.planned;
  if (call.tool !== 'process') return failed('ActionRefused', `intent.params.command: ${call.tool} is no program; give the command of a formatter`);
  const run = await context.run(call.command, { timeoutSeconds });
  return judge(run, 0, call.program, observedOf(run));
});
