// run_command: one program in the sandbox, without network. It is offered only where the task allows it.
import { z } from 'zod';
import { trimmed } from '#agent-runtime/thinking/quote.ts';
import { type Tool, tool } from '#agent-runtime/thinking/tool.ts';
import type { Workbench } from '#agent-runtime/thinking/workbench.ts';

const limits = { seconds: 120, streamBytes: 8000 } as const;

/** Runs a program; what it changes is part of the work. */
export function runCommandTool(bench: Workbench): Tool {
  const input = z.strictObject({ command: z.array(z.string().min(1).max(1024)).min(1).max(64).describe('Program and arguments. No shell looks at them.') });
  return tool({ name: 'run_command', sideEffect: 'runs', description: `Runs one program in the workspace, for at most ${limits.seconds} s, without network.`, input }, async ({ command }) => {
    const { ending, exitCode, stdout, stderr, message } = await bench.surroundings.run(command, { timeoutSeconds: limits.seconds, offline: true });
    bench.ranCommand();
    const streams = { stdout, stderr, sandbox: message ?? '' };
    const said = Object.entries(streams).flatMap(([name, text]) => (text === '' ? [] : [`${name}:`, trimmed(text, limits.streamBytes)]));
    return { note: `${ending}${exitCode === undefined ? '' : `, exit code: ${exitCode}`}`, data: said.join('\n') };
  });
}
