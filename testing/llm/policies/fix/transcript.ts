// A conversation as what was done and what came of it.
import type { Block, ParsedRequest } from '#testing/llm/request.ts';
import { Toolbox, type ToolName, type Values } from './tools.ts';

/** A call of a tool with its result. */
export interface Step {
  readonly tool: ToolName;
  readonly values: Values;
  readonly output: string;
  readonly isError: boolean;
}

/** The answered calls of a conversation in their order. */
export function stepsOf({ tools, turns }: Pick<ParsedRequest, 'tools' | 'turns'>): Step[] {
  const toolbox = new Toolbox(tools);
  const blocks = turns.flatMap((turn) => turn.blocks);
  const results = new Map(blocks.flatMap((block) => (block.type === 'tool_result' ? [[block.tool_use_id, block] as const] : [])));
  return blocks.flatMap((block) => {
    if (block.type !== 'tool_use') return [];
    const call = toolbox.read(block.name, block.input);
    const result = results.get(block.id);
    return call === undefined || result === undefined ? [] : [{ ...call, output: outputOf(result), isError: result.is_error ?? false }];
  });
}

function outputOf({ content = '' }: Extract<Block, { type: 'tool_result' }>): string {
  if (typeof content === 'string') return content;
  return content.flatMap((block) => (typeof block['text'] === 'string' ? [block['text']] : [])).join('\n');
}
