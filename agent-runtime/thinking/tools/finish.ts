// finish: the model's own word that it is done. It counts only with tests that did not fail.
import { z } from 'zod';
import { type Tool, tool, toolError } from '#agent-runtime/thinking/tool.ts';
import type { Workbench } from '#agent-runtime/thinking/workbench.ts';

const maxObjections = 2;

/** Ends the work, or says why it is not done; the third time the work is given up. */
export function finishTool(bench: Workbench): Tool {
  let objections = 0;
  const input = z.strictObject({
    summary: z.string().min(1).max(4000).describe('What was changed and why, in one to three sentences.'),
    give_up: z.boolean().optional().describe('Set when the task cannot be done; the summary says why.'),
  });
  return tool({ name: 'finish', sideEffect: 'none', endsWork: true, description: 'Ends the work. Accepted when the tests that were run after the last change did not fail, or there are none.', input }, async ({ summary, give_up: givesUp = false }) => {
    if (givesUp) return { note: 'given up', verdict: { kind: 'gaveUp', summary } };
    const objection = bench.objection();
    if (objection === undefined) return { note: 'finished', verdict: { kind: 'finished', summary } };
    objections += 1;
    if (objections > maxObjections) return { note: 'given up', verdict: { kind: 'gaveUp', summary: `it called finish although ${objection.split(';', 1)[0]}; it said: ${summary}` } };
    return toolError(`not finished: ${objection}`);
  });
}
