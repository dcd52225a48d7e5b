// What a policy is: from what it was sent to what it says, and nothing else. It keeps nothing between requests, so a conversation can be replayed.
import type { ParsedRequest } from './request.ts';

/** A block of an answer. */
export type ReplyBlock = { readonly type: 'text'; readonly text: string } | { readonly type: 'tool_use'; readonly name: string; readonly input: Readonly<Record<string, unknown>> };

/** What a policy says. */
export interface Reply {
  readonly content: readonly ReplyBlock[];
  /** Unset: tool_use when there is a call of a tool, else end_turn. */
  readonly stopReason?: 'end_turn' | 'tool_use' | 'pause_turn' | 'refusal';
}

/** Answers a request; undefined when it is not one of its own. */
export type Policy = (request: ParsedRequest) => Reply | undefined;

/** The answer of the first policy that has one. */
export function firstOf(...policies: readonly Policy[]): Policy {
  return (request) => {
    for (const policy of policies) {
      const reply = policy(request);
      if (reply !== undefined) return reply;
    }
    return undefined;
  };
}

/** An answer of one text. */
export function say(text: string): Reply {
  return { content: [{ type: 'text', text }] };
}

/** The texts of a turn as one, line by line. */
export function textOf({ blocks }: ParsedRequest['turns'][number]): string {
  return blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n');
}
