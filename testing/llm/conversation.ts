// Rules that hold between the parts of a request: calls of tools and their results, names, breakpoints.
import { breakpoints } from './prompt-parts.ts';
import { Refusal } from './refusal.ts';
import type { Prompt, Turn } from './request.ts';

const maxBreakpoints = 4;

/** Throws what is wrong with a request whose parts are well formed, naming the field. */
export function checkConversation(prompt: Prompt): void {
  checkToolNames(prompt);
  const marks = breakpoints(prompt).length;
  if (marks > maxBreakpoints) throw new Refusal(400, `cache_control: at most ${maxBreakpoints} blocks may carry it, found ${marks}`);
  for (const [index, turn] of prompt.turns.entries()) {
    const before = prompt.turns[index - 1];
    checkResults(turn, index, before);
    if (turn.role === 'user' && before !== undefined) checkAnswered(before, index - 1, turn);
  }
  const last = prompt.turns.at(-1);
  if (last !== undefined && callsOf(last).length > 0) checkAnswered(last, prompt.turns.length - 1, undefined);
}

function checkToolNames({ tools }: Prompt): void {
  const twice = tools.findIndex(({ name }, index) => tools.findIndex((other) => other.name === name) < index);
  if (twice >= 0) throw new Refusal(400, `tools.${twice}.name: tool names must be unique`);
}

/** Each result answers a call of the turn right before. */
function checkResults({ role, blocks }: Turn, index: number, before: Turn | undefined): void {
  const calls = new Set(before === undefined ? [] : callsOf(before));
  for (const [at, block] of blocks.entries()) {
    if (block.type === 'tool_use' && role === 'user') throw new Refusal(400, `messages.${index}.content.${at}: tool_use blocks belong to the assistant`);
    if (block.type !== 'tool_result') continue;
    if (role === 'assistant') throw new Refusal(400, `messages.${index}.content.${at}: tool_result blocks belong to the user`);
    if (!calls.has(block.tool_use_id)) throw new Refusal(400, `messages.${index}.content.${at}: unexpected tool_use_id ${block.tool_use_id} in tool_result: the message before has no such tool_use`);
  }
}

/** Each call has a result in the turn right after. */
function checkAnswered(turn: Turn, index: number, next: Turn | undefined): void {
  const results = new Set((next?.blocks ?? []).flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : [])));
  const open = callsOf(turn).filter((id) => !results.has(id));
  if (open.length > 0) throw new Refusal(400, `messages.${index}: tool_use ids without tool_result in the next message: ${open.join(', ')}`);
}

function callsOf({ role, blocks }: Turn): string[] {
  return role === 'assistant' ? blocks.flatMap((block) => (block.type === 'tool_use' ? [block.id] : [])) : [];
}
