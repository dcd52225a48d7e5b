// finish for who explains: the answer is the summary. It may hold no secret; nothing else can be measured of it.
import { z } from 'zod';
import { type Tool, tool, toolError } from '#agent-runtime/thinking/tool.ts';
import { holdsSecret } from './notebook.ts';

const input = z.strictObject({
  summary: z.string().min(1).max(20_000).describe('The answer to the question, in Markdown.'),
  give_up: z.boolean().optional().describe('Set when the question cannot be answered; the summary says what is missing.'),
});

/** Ends the work with the answer. */
export function answerTool(): Tool {
  return tool({ name: 'finish', description: 'Ends the work with the answer.', sideEffect: 'none', endsWork: true, input, hidden: ['summary'] }, async ({ summary, give_up: givesUp = false }) => {
    if (holdsSecret(summary)) return toolError('summary: holds what looks like a secret; say it without');
    return { note: givesUp ? 'given up' : 'finished', verdict: { kind: givesUp ? 'gaveUp' : 'finished', summary } };
  });
}
