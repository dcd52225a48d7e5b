// The terminal as a port: what a command may know of it and do with it. Only main.ts has the real one.

export interface Terminal {
  /** Standard output is a terminal: lines may be drawn again. */
  readonly interactive: boolean;
  readonly colours: boolean;
  /** Symbols outside ASCII can be shown. */
  readonly unicode: boolean;
  /** Size now, in cells; a resize changes it. Pipes are wide. */
  size(): { readonly columns: number; readonly rows: number };
  /** To standard output, as it is. */
  write(text: string | Uint8Array): void;
  /** One line to standard error: for people, never part of the data. */
  note(line: string): void;
}

/** Writes one line of output. */
export function line(terminal: Terminal, text: string): void {
  terminal.write(`${text}\n`);
}

/** Nobody's window: lines of a pipe are cut only where they would be a flood. */
const pipeColumns = 200;

type Env = Readonly<Record<string, string | undefined>>;

/** The process's own terminal. Colours follow NO_COLOR and FORCE_COLOR, symbols follow the locale. */
export function processTerminal(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream, env: Env): Terminal {
  const interactive = stdout.isTTY && env['TERM'] !== 'dumb';
  const refused = (env['NO_COLOR'] ?? '') !== '';
  const forced = (env['FORCE_COLOR'] ?? '0') !== '0';
  return {
    interactive,
    colours: !refused && (interactive || forced),
    unicode: /utf-?8/i.test(env['LC_ALL'] ?? env['LC_CTYPE'] ?? env['LANG'] ?? ''),
    size: () => ({ columns: stdout.columns || (interactive ? 80 : pipeColumns), rows: stdout.rows || 24 }),
    write: (text) => void stdout.write(text),
    note: (text) => void stderr.write(`${text}\n`),
  };
}
