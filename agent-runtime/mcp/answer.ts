// From what a server answers to what a model reads: text alone, bounded; other kinds are counted and not shown.
import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/client';
import { trimmed } from '#agent-runtime/thinking/quote.ts';
import type { ToolAnswer } from '#agent-runtime/thinking/tool.ts';

const textBytes = 64_000;

/** The answer to a call of a tool of `server`. */
export function answerOf(server: string, { content, structuredContent, isError = false }: CallToolResult): ToolAnswer {
  const texts = content.flatMap((block) => textOf(block) ?? []);
  const said = texts.length === 0 && structuredContent !== undefined ? [JSON.stringify(structuredContent)] : texts;
  const hidden = content.filter((block) => textOf(block) === undefined).map(({ type }) => type);
  const notShown = hidden.length === 0 ? '' : `; not shown: ${[...new Set(hidden)].join(', ')}`;
  const note = `${server} ${isError ? 'says that the call failed' : 'answered'}${notShown}`;
  return { note, ...(said.length === 0 ? {} : { data: trimmed(said.join('\n'), textBytes) }), ...(isError ? { isError: true } : {}) };
}

function textOf(block: ContentBlock): string | undefined {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'resource_link':
      return `${block.name}: ${block.uri}`;
    case 'resource':
      return 'text' in block.resource ? `${block.resource.uri}:\n${block.resource.text}` : undefined;
    case 'image':
    case 'audio':
      return undefined;
  }
}
