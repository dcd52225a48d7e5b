// What the demo gets from the process that runs it.
import type { Clock } from '#platform/clock.ts';
import type { Terminal } from '../terminal/terminal.ts';

export interface DemoOptions {
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** Aborts when the user presses Ctrl-C. */
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
}
