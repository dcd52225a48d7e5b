// run_code: a small program of the model's own over the files, in the WebAssembly sandbox. One call instead of many, and only what matters comes back.
import { z } from 'zod';
import { trimmed } from '#agent-runtime/thinking/quote.ts';
import { type Tool, tool, type ToolAnswer } from '#agent-runtime/thinking/tool.ts';
import type { Workbench } from '#agent-runtime/thinking/workbench.ts';

const limits = { seconds: 30, memoryMiB: 64, source: 8000, bytes: 24_000, streamBytes: 4000 } as const;

const description = `Runs JavaScript over the files, for at most ${limits.seconds} s, without network: the body of an async function. It may call readFile(path), which gives a text, writeFile(path, text), and listFiles(folder), which gives the names in one folder, folders with / at their end, .git/ and dependencies too: skip those. Results of other tasks are in input, by name. What it returns is told as JSON.`;

/** Runs code; files that it changes are part of the work. */
export function runCodeTool(bench: Workbench): Tool {
  const { surroundings } = bench;
  const input = z.strictObject({ source: z.string().min(1).max(limits.source).describe('The code. It must return what is to be told.') });
  return tool({ name: 'run_code', description, sideEffect: 'runs', input, hidden: ['source'] }, async ({ source }): Promise<ToolAnswer> => {
    const before = await surroundings.files.treeNow();
    const { ending, value = '', stdout, stderr, message } = await surroundings.runCode({ source, input: surroundings.inputs, wallMs: limits.seconds * 1000, memoryBytes: limits.memoryMiB * 1024 ** 2 });
    const after = await surroundings.files.treeNow();
    const isChanged = after === undefined || after !== before;
    if (isChanged) bench.codeChanged(after);
    const streams = { value: trimmed(value, limits.bytes), printed: trimmed(stdout, limits.streamBytes), errors: trimmed(stderr, limits.streamBytes), sandbox: message ?? '' };
    const said = Object.entries(streams).flatMap(([name, text]) => (text === '' ? [] : [`${name}:`, text]));
    return { note: `${ending}${isChanged ? '; files were changed' : ''}`, data: said.join('\n'), ...(ending === 'completed' ? {} : { isError: true }) };
  });
}
