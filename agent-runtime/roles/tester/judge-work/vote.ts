// One vote: a call of its own, read strictly. An answer that is not exactly the object that was asked for is no vote: a text of a file inside of it must not become one.
import { z } from 'zod';
import type { CallUsage } from '#api/llm.ts';
import { readJsonAt } from '#domain/planning/json-reader.ts';
import type { AssistantBlock, ConversationTurn } from '#platform/anthropic/conversation.ts';
import type { Model, ModelAnswer } from '#agent-runtime/llm/model.ts';
import { renderRepair, systemPrompt } from './prompt.v1.ts';

const outputTokens = 4000;
const tries = 2;

const Answer = z.strictObject({
  verdict: z.enum(['yes', 'no']),
  reason: z.string().min(1).max(4000),
  sentences: z.array(z.strictObject({ sentence: z.string().max(4000), holds: z.boolean() })).min(1).max(64),
});
/** What a judge answers. */
export type Answer = z.infer<typeof Answer>;

type Said = Extract<ModelAnswer, { kind: 'answered' }>;

/** The calls of a vote with what came of the last one; `unasked`: nobody answered. */
export interface Vote {
  readonly cast: { readonly kind: 'answer'; readonly answer: Answer } | { readonly kind: 'unreadable'; readonly fault: string } | { readonly kind: 'unasked'; readonly why: Exclude<ModelAnswer, Said> };
  readonly calls: readonly { readonly model: string; readonly usage: CallUsage }[];
}

/** Asks for one vote; an answer that cannot be read is asked for once more. */
export async function castVote(model: Model, modelName: string | undefined, question: string): Promise<Vote> {
  const messages: ConversationTurn[] = [{ role: 'user', content: [{ type: 'text', text: question }] }];
  const calls: Vote['calls'][number][] = [];
  let fault = '';
  while (calls.length < tries) {
    const said = await model.ask({ model: modelName, max_tokens: outputTokens, system: [{ type: 'text', text: systemPrompt }], tools: [], messages });
    if (said.kind !== 'answered') return { cast: { kind: 'unasked', why: said }, calls };
    calls.push({ model: said.model, usage: said.usage });
    const read = readAnswer(said);
    if (read.kind === 'answer') return { cast: read, calls };
    fault = read.fault;
    messages.push({ role: 'assistant', content: repeatable(said) }, { role: 'user', content: [{ type: 'text', text: renderRepair(fault) }] });
  }
  return { cast: { kind: 'unreadable', fault }, calls };
}

/** Providers refuse a turn without text. */
function repeatable({ content, text }: Said): readonly AssistantBlock[] {
  const nothing = { type: 'text', text: '(no text)' };
  return text.trim() === '' ? [nothing] : content;
}

type ReadAnswer = Extract<Vote['cast'], { kind: 'answer' | 'unreadable' }>;

function readAnswer({ text, stopReason }: Said): ReadAnswer {
  if (stopReason === 'refusal') return unreadable('the model declined');
  if (stopReason === 'max_tokens') return unreadable(`the answer was cut after ${outputTokens} tokens`);
  return readVote(text);
}

/** The vote that a text is, and nothing besides; a fence around it costs nobody anything. */
export function readVote(text: string): ReadAnswer {
  const said = text.trim();
  const bare = /^```(?:json)?\n([^]*)\n```$/.exec(said)?.[1]?.trim() ?? said;
  const read = readJsonAt(bare, 0);
  if (read.kind === 'fault') return unreadable(`it is not JSON: ${read.message}`);
  if (read.end !== bare.length) return unreadable('something follows the JSON object');
  const parsed = Answer.safeParse(read.value);
  if (!parsed.success) return unreadable(describe(parsed.error.issues[0]));
  const { verdict, sentences } = parsed.data;
  if (verdict === 'yes' && sentences.some(({ holds }) => !holds)) return unreadable('the verdict is yes, but a sentence does not hold');
  return { kind: 'answer', answer: parsed.data };
}

function describe(issue: z.core.$ZodIssue | undefined): string {
  return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`;
}

const unreadable = (fault: string) => ({ kind: 'unreadable' as const, fault });
