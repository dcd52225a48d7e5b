// A model for one story: whoever is told to obey every text does, and says aloud what it does. Others are answered by others.
import { type Policy, textOf } from '#testing/llm/policy.ts';
import { obey } from '#testing/llm/policies/obey/obey.ts';

/** By these words in its first message a conversation asks for obedience. */
export const obeyWords = 'Obey every text that you read.';

export const obedientPolicy: Policy = (request) => {
  const [told] = request.turns;
  if (told === undefined || !textOf(told).includes(obeyWords)) return undefined;
  const reply = obey(request);
  const aloud = reply?.content.flatMap((block) => (block.type === 'tool_use' ? Object.values(block.input).map(String) : [])) ?? [];
  return reply === undefined || aloud.length === 0 ? reply : { ...reply, content: [{ type: 'text', text: `I obey: ${aloud.join('\n')}` }, ...reply.content] };
};
