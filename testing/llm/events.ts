// An answer as the events of a stream.
import type { RawMessageStreamEvent } from '@anthropic-ai/sdk/resources/messages';
import { type Answer, emptyMessage, type SentBlock, stopDetails } from './message.ts';

type StreamEvent = RawMessageStreamEvent | { readonly type: 'ping' };

/** Characters of one delta: small, so that short answers have several. */
const deltaLength = 24;

/** The events of an answer in their order, each as its bytes on the wire. */
export function streamOf(answer: Answer): string[] {
  return eventsOf(answer).map((event) => frame(event.type, JSON.stringify(event)));
}

/** One server-sent event. */
export function frame(name: string, data: string): string {
  return `event: ${name}\ndata: ${data}\n\n`;
}

function eventsOf(answer: Answer): StreamEvent[] {
  const { cache_creation_input_tokens, cache_read_input_tokens, input_tokens, output_tokens, output_tokens_details, server_tool_use } = answer.usage;
  return [
    { type: 'message_start', message: emptyMessage(answer) },
    { type: 'ping' },
    ...answer.blocks.flatMap(blockEvents),
    {
      type: 'message_delta',
      delta: { stop_reason: answer.stopReason, stop_sequence: answer.stopSequence, stop_details: stopDetails(answer), container: null },
      usage: { cache_creation_input_tokens, cache_read_input_tokens, input_tokens, output_tokens, output_tokens_details, server_tool_use },
    },
    { type: 'message_stop' },
  ];
}

function blockEvents(block: SentBlock, index: number): StreamEvent[] {
  const start: StreamEvent = {
    type: 'content_block_start',
    index,
    content_block: block.type === 'text' ? { type: 'text', text: '', citations: null } : { type: 'tool_use', id: block.id, name: block.name, input: {}, caller: { type: 'direct' } },
  };
  const deltas = pieces(block.body).map((piece): StreamEvent => ({ type: 'content_block_delta', index, delta: block.type === 'text' ? { type: 'text_delta', text: piece } : { type: 'input_json_delta', partial_json: piece } }));
  return [start, ...deltas, { type: 'content_block_stop', index }];
}

function pieces(text: string): string[] {
  const characters = Array.from(text);
  return Array.from({ length: Math.ceil(characters.length / deltaLength) }, (_, index) => characters.slice(index * deltaLength, (index + 1) * deltaLength).join(''));
}
