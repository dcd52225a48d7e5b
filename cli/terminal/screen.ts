// A block of lines at the end of the terminal that is drawn again in place. Everything above it scrolls away as usual.
import type { Terminal } from './terminal.ts';

const hideCursor = '\u001B[?25l';
const showCursor = '\u001B[?25h';
const eraseBelow = '\u001B[J';
const eraseRest = '\u001B[K';

export interface Screen {
  /** Replaces the block. Lines must not be wider than the terminal, nor more than its rows less one. */
  draw(lines: readonly string[]): void;
  /** Leaves the block as it is; what is written later comes below it. */
  end(): void;
}

/** A screen on an interactive terminal. */
export function openScreen(terminal: Terminal): Screen {
  let drawn: readonly string[] = [];
  let columns = terminal.size().columns;
  let open = false;
  return {
    draw(lines) {
      const now = terminal.size().columns;
      // A narrower terminal has wrapped the old lines, so the cursor's way up is unknown: start a fresh block below.
      const up = now < columns || drawn.length === 0 ? '' : `\u001B[${drawn.length}A`;
      const body = lines.map((text) => `${text}${eraseRest}\n`).join('');
      terminal.write(`${open ? '' : hideCursor}${up}\r${body}${eraseBelow}`);
      open = true;
      drawn = lines;
      columns = now;
    },
    end() {
      if (open) terminal.write(showCursor);
      open = false;
      drawn = [];
    },
  };
}
