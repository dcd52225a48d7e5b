// A terminal that keeps what is written; for tests.
import type { Terminal } from './terminal.ts';

export interface FakeTerminal extends Terminal {
  /** Everything written to standard output. */
  readonly out: () => string;
  /** Lines written to standard error. */
  readonly notes: readonly string[];
  resize(columns: number, rows: number): void;
}

/** A terminal of 80 x 24, plain and not interactive unless told. */
export function fakeTerminal(options: Partial<Pick<Terminal, 'interactive' | 'colours' | 'unicode'>> = {}): FakeTerminal {
  const notes: string[] = [];
  let written = '';
  let size = { columns: 80, rows: 24 };
  return {
    interactive: false,
    colours: false,
    unicode: true,
    ...options,
    size: () => size,
    write: (text) => {
      written += typeof text === 'string' ? text : new TextDecoder().decode(text);
    },
    note: (line) => void notes.push(line),
    out: () => written,
    notes,
    resize: (columns, rows) => {
      size = { columns, rows };
    },
  };
}
