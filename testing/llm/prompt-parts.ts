// A prompt as the provider counts it: one sequence of parts, tools first, then system, then messages.
import { byteLength } from './tokens.ts';
import type { Block, Prompt, Tool } from './request.ts';

type Ttl = '5m' | '1h';

/** One tool, system block or message block. */
export interface PromptPart {
  /** `tool`, `system`, `user` or `assistant`, a line break, and then the text, or for anything but text the JSON without its cache_control. */
  readonly text: string;
  readonly bytes: number;
  /** Set when the prefix that ends here is to be cached. */
  readonly cacheFor: Ttl | undefined;
}

/** A place where a prefix is to be cached. */
export interface Breakpoint {
  /** Index of its last part. */
  readonly at: number;
  readonly ttl: Ttl;
}

/** The parts of a prompt in their order. A message that is a string and one that is a block of the same text are equal. */
export function promptParts({ tools, system, turns, automaticCache }: Prompt): readonly PromptPart[] {
  const parts = [
    ...tools.map((tool) => partOf('tool', tool)),
    ...system.map((block) => partOf('system', block)),
    ...turns.flatMap(({ role, blocks }) => blocks.map((block) => partOf(role, block))),
  ];
  if (automaticCache === undefined) return parts;
  return parts.map((part, index) => (index === parts.length - 1 ? { ...part, cacheFor: part.cacheFor ?? automaticCache.ttl ?? '5m' } : part));
}

/** The places of a prompt that are to be cached, first to last. */
export function breakpoints(prompt: Prompt): readonly Breakpoint[] {
  return promptParts(prompt).flatMap(({ cacheFor }, at) => (cacheFor === undefined ? [] : [{ at, ttl: cacheFor }]));
}

function partOf(kind: string, { cache_control, ...block }: Block | Tool): PromptPart {
  const content = 'type' in block && block.type === 'text' && typeof block['text'] === 'string' ? block['text'] : JSON.stringify(block);
  const text = `${kind}\n${content}`;
  return { text, bytes: byteLength(text), cacheFor: cache_control ? (cache_control.ttl ?? '5m') : undefined };
}
