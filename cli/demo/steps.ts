// Steps of the demo, told as they go: `[2/7] text ... 3.2s`. On a terminal the line of the running step shows its progress.
import type { Clock } from '#platform/clock.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { cut, duration, plain } from '../terminal/text.ts';

export interface Steps {
  /** Runs one step; `report` tells its progress in a line. What `run` throws ends the line and goes on. */
  step<T>(text: string, run: (report: (line: string) => void) => Promise<T>): Promise<T>;
}

/** A teller of `total` steps. Aborted steps are not started. */
export function createSteps({ terminal, clock, signal }: { readonly terminal: Terminal; readonly clock: Clock; readonly signal: AbortSignal }, total: number): Steps {
  let number = 0;
  return {
    async step(text, run) {
      signal.throwIfAborted();
      number++;
      const head = `[${number}/${total}] ${text} ...`;
      const startedAt = clock.monotonic();
      const end = (word: string) => terminal.write(`${terminal.interactive ? `\r\u001B[K${head}` : head}${word} ${duration(clock.monotonic() - startedAt)}\n`);
      if (terminal.interactive) terminal.write(head);
      try {
        const result = await run((line) => tell(terminal, head, line));
        end('');
        return result;
      } catch (error) {
        end(signal.aborted ? ' interrupted after' : ' failed after');
        throw error;
      }
    },
  };
}

function tell(terminal: Terminal, head: string, line: string): void {
  if (terminal.interactive) terminal.write(`\r\u001B[K${cut(`${head} ${plain(line)}`, terminal.size().columns - 1)}`);
  else terminal.note(`      ${plain(line)}`);
}
