// The command that tells what missions have taught: it asks the mirror, where that has a memory.
import type { Command } from 'commander';
import { type Act, type Add, isJson, json } from './words.ts';

/** Adds it to the program. */
export function addLearned(program: Command, add: Add, act: Act): void {
  add(program, 'lessons <mission>', 'Show what the plans of a mission were told of earlier missions, and what it has taught itself. Needs a mirror with Chroma.')
    .addOption(json())
    .addHelpText('after', '\nExamples:\n  kubectl mission lessons examine\n  kubectl mission lessons examine -o json | jq .left')
    .action(async (mission: string, options: { output?: string }, command: Command) => {
      const { lessonsCommand } = await import('./commands/lessons.ts');
      await act(command, (session) => lessonsCommand(session, mission, { json: isJson(options) }));
    });
}
