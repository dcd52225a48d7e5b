// read_result: what another task has found, by the name under which this one has it. The first message shows such results only as far as they are short.
import { z } from 'zod';
import { shownLines, textOf } from '#agent-runtime/thinking/lines.ts';
import { type Tool, tool, toolError } from '#agent-runtime/thinking/tool.ts';
import type { Workbench } from '#agent-runtime/thinking/workbench.ts';

/** Reads an input of the task: the text of an artifact, or the value as JSON. */
export function readResultTool({ surroundings }: Workbench): Tool {
  const line = z.int().min(1).max(10_000_000).optional();
  const input = z.strictObject({
    name: z.string().min(1).max(63).describe('Name of the result, as the task has it.'),
    from_line: line.describe('First line to show, counted from 1. Unset: the first.'),
    to_line: line.describe('Last line to show. Unset: as many as are shown at once.'),
  });
  return tool({ name: 'read_result', description: 'Reads a result of another task that this task was given, whole or by lines: the text of an artifact, or a value as JSON.', sideEffect: 'none', input }, async ({ name, from_line: from, to_line: to }) => {
    const { inputs, artifact } = surroundings;
    const names = Object.keys(inputs);
    if (!names.includes(name)) return toolError(`name: there is no such result; ${names.length === 0 ? 'the task was given none' : `there are ${names.join(', ')}`}`);
    if (!isArtifact(inputs[name])) return shownLines(JSON.stringify(inputs[name], null, 1), { from, to });
    const answer = await artifact(name);
    if (answer.kind === 'failed') return toolError(answer.message);
    const text = textOf(answer.bytes);
    return text === undefined ? toolError(`name: ${answer.artifact.mediaType}, ${answer.artifact.sizeBytes} bytes, is not a text in UTF-8`) : shownLines(text, { from, to });
  });
}

/** What the operator puts in the place of `artifacts.<name>`. Whether it is sound is judged by whoever fetches it. */
function isArtifact(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'uri' in value && 'sha256' in value;
}
