// Keys as a port: what a command may know of a keyboard. Only main.ts has the real one.

export type Key = 'space' | 'left' | 'right' | 'home' | 'end' | 'escape' | 'interrupt' | (string & {});

export interface Keys {
  /** Calls `listener` for each key that is pressed, without waiting for the end of a line; the returned function ends it and gives the terminal back as it was. */
  onKey(listener: (key: Key) => void): () => void;
}

/** The keyboard of the process; undefined when standard input is none. */
export function processKeys(stdin: NodeJS.ReadStream): Keys | undefined {
  if (!stdin.isTTY) return undefined;
  return {
    onKey(listener) {
      const read = (data: Buffer) => {
        for (const key of keysIn(data.toString('utf8'))) listener(key);
      };
      stdin.setRawMode(true).on('data', read).resume();
      return () => {
        // Nothing but a listener keeps the process waiting for keys.
        stdin.setRawMode(false).off('data', read).pause();
      };
    },
  };
}

const named: Readonly<Record<string, Key>> = {
  ' ': 'space', '\u0003': 'interrupt', '\u001B': 'escape',
  '\u001B[D': 'left', '\u001BOD': 'left', '\u001B[C': 'right', '\u001BOC': 'right',
  '\u001B[H': 'home', '\u001BOH': 'home', '\u001B[1~': 'home', '\u001B[F': 'end', '\u001BOF': 'end', '\u001B[4~': 'end',
};

// oxlint-disable-next-line no-control-regex -- keys are told by control characters
const sequence = /\u001B(?:\[[0-9;]*[A-Za-z~]|O[A-Z])|[^]/gu;

/** The keys in what a terminal sent: several may come at once. What is no key of ours comes as it is. */
export function keysIn(text: string): Key[] {
  return [...text.matchAll(sequence)].map(([key]) => named[key] ?? key);
}
