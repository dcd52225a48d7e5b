// VerifyCommand: runs a program as the check of a goal. What the checked tasks made of the check itself does not count, and nothing that it changes is kept.
import { VerifyCommand } from '#api/intents.ts';
import { action } from '#agent-runtime/roles/action.ts';
import { judge, observedOf } from '#agent-runtime/roles/tester/command.ts';
import { printableTail } from './printable.ts';

const namesShown = 5;
/** Together with what else is observed they stay below 2 KiB, whatever they are made of. */
const limits = { namesBytes: 512, tailLength: 400, tailBytes: 900 } as const;

/** Fails unless the exit code is the expected one. */
export const verifyCommand = action(VerifyCommand, async ({ command, expectExitCode = 0, protect, timeoutSeconds }, { files, run, log }) => {
  const guarded = protect ?? (await files.filesInBase(command));
  const restored = await files.restore(guarded);
  log(`protected: ${guarded.length === 0 ? 'nothing' : guarded.join(', ')}\n`);
  for (const path of restored) log(`restored from the base revision: ${path}\n`);
  const ended = await run(command, { timeoutSeconds });
  return judge(ended, expectExitCode, command[0] ?? '', {
    ...observedOf(ended),
    protectedChanged: restored.length,
    restored: printableTail(restored.slice(0, namesShown).join(','), limits.namesBytes, limits.namesBytes),
    tree: files.tree,
    outputTail: printableTail(`${ended.stdout}${ended.stderr}`, limits.tailLength, limits.tailBytes),
  });
});
