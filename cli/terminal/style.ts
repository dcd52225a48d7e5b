// Colours and symbols in one place. A symbol always stands beside a word: colour and shape alone say nothing.
import { createColors } from 'picocolors';
import type { Terminal } from './terminal.ts';

export type Tone = 'good' | 'bad' | 'busy' | 'calm' | 'strong' | 'plain';

export interface Style {
  paint(tone: Tone, text: string): string;
  readonly symbols: Symbols;
  readonly ellipsis: string;
}

interface Symbols {
  readonly good: string;
  readonly bad: string;
  readonly busy: readonly string[];
  readonly waiting: string;
  readonly again: string;
  readonly skipped: string;
  readonly cancelled: string;
  /** Branches of the tree: to a child, to the last child, past a child, past nothing. */
  readonly branch: { readonly child: string; readonly last: string; readonly past: string; readonly none: string };
}

const unicode: Symbols = {
  good: '✔', bad: '✖', busy: ['◐', '◓', '◑', '◒'], waiting: '○', again: '↻', skipped: '–', cancelled: '⊘',
  branch: { child: '├─ ', last: '└─ ', past: '│  ', none: '   ' },
};

const ascii: Symbols = {
  good: '+', bad: 'x', busy: ['*'], waiting: '.', again: '~', skipped: '-', cancelled: '/',
  branch: { child: '|- ', last: '`- ', past: '|  ', none: '   ' },
};

/** The style that a terminal can show. */
export function styleOf(terminal: Pick<Terminal, 'colours' | 'unicode'>): Style {
  const { green, red, cyan, dim, bold } = createColors(terminal.colours);
  const paints: Record<Tone, (text: string) => string> = { good: green, bad: red, busy: cyan, calm: dim, strong: bold, plain: (text) => text };
  return { paint: (tone, text) => paints[tone](text), symbols: terminal.unicode ? unicode : ascii, ellipsis: terminal.unicode ? '…' : '...' };
}
