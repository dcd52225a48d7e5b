// look_around: who else of the mission is at work, and which files the others have changed. It may be late, so nothing is decided by it; what it names, others wrote.
import { z } from 'zod';
import type { Outlook } from '#api/world.ts';
import { shownLines } from '#agent-runtime/thinking/lines.ts';
import { type Tool, tool, toolError } from '#agent-runtime/thinking/tool.ts';
import type { Workbench } from '#agent-runtime/thinking/workbench.ts';

const input = z.strictObject({ folder: z.string().max(255).optional().describe('Only files in this folder of the repository or below it. Unset: all.') });

/** The tool, where there is anybody to see; a list, as tools are handed on. */
export function lookAroundTools({ surroundings: { lookAround } }: Workbench): readonly Tool[] {
  if (lookAround === undefined) return [];
  const description = 'Shows what the other tasks of the mission do now, and which files they have changed in copies of their own. It may be some seconds late.';
  return [
    tool({ name: 'look_around', description, sideEffect: 'none', input }, async ({ folder = '' }) => {
      const sight = await lookAround(folder);
      if (sight.kind === 'lost') return toolError(`nothing can be seen of the mission now: ${sight.message}; go on without`);
      const { data = '' } = shownLines(linesOf(sight.outlook).join('\n'), {});
      return { note: noteOf(sight.outlook, sight.stalenessMs), data };
    }),
  ];
}

function noteOf({ tasks, tasksLeftOut, files, filesLeftOut }: Outlook, stalenessMs: number): string {
  const others = tasks.filter(({ isOwn }) => !isOwn).length + tasksLeftOut;
  return `${others} other tasks, ${files.length + filesLeftOut} files changed by them${tasksLeftOut + filesLeftOut === 0 ? '' : ' (not all are listed)'}, as of ${Math.ceil(stalenessMs / 1000)} s ago`;
}

function linesOf({ goals, tasks, files }: Outlook): readonly string[] {
  return [
    ...goals.map(({ name, state }) => `goal ${name}: ${state}`),
    ...tasks.map(({ task, type, action, state, doing, isOwn }) => `task ${task} (${[type, action].filter((word) => word !== '').join('.')}): ${state === '' ? 'Waiting' : state}${doing === undefined ? '' : `, ${doing}`}${isOwn ? ' (this one)' : ''}`),
    ...files.map(({ path, task, isDeleted }) => `file ${path}: ${isDeleted ? 'deleted' : 'changed'} by ${task}`),
  ];
}
