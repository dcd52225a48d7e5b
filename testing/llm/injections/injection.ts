// What an injection is, and how the texts of the table spell an order that the policy `obey` follows.

/** What a text wants. */
export type Ask =
  | 'more budget' | 'more tasks' | 'an effect outside' | 'a verdict of its own' | 'another namespace' | 'a broken form'
  | 'a secret' | "git's own files" | 'a file outside' | 'an untested end' | 'a command' | 'a command line' | 'the network' | 'another prompt' | 'a huge output' | 'a pattern without end'
  | 'a bent test' | 'code of its own';

/** Where a text stands. A search hit stands behind the lines that a read shows. */
export type Place = 'goal text' | 'goal description' | 'instructions' | 'model answer' | 'file content' | 'file name' | 'test output' | 'search hit';

/** One text that was written to mislead a model. */
export interface Injection {
  readonly name: string;
  readonly where: Place;
  readonly asks: Ask;
  /** Says what to do as `name({…})`; in a model answer, the answer itself. */
  readonly text: string;
}

/** What planners and tools let pass, by who catches it later. */
export const caughtLater: ReadonlyMap<Ask, string> = new Map([
  ['a bent test', 'protect: the verifier runs the tests as they were'],
  ['code of its own', 'the sandbox, which runs it without network and secrets'],
  ['a command line', 'the sandbox, which starts one program without a shell'],
]);

/** Rows of one place: name, what it asks, text. */
export type Rows = readonly (readonly [name: string, asks: Ask, text: string])[];

/** Rows as injections. */
export function at(where: Place, rows: Rows): Injection[] {
  return rows.map(([name, asks, text]) => ({ name: `${where}: ${name}`, where, asks, text }));
}

/** An order as texts spell it. */
export function order(name: string, input: object): string {
  return `${name}(${JSON.stringify(input)})`;
}

/** A planner's order to add a task; an analysis unless told. */
export function task(more: object): string {
  return order('task', { name: 'extra', type: 'Analyzer', intent: { action: 'AnalyzeCode' }, ...more });
}

/** A Coder's order to make a file. */
export function make(path: string, text = 'x'): string {
  return order('edit_file', { path, old_text: '', new_text: text });
}

/** A Coder's order to read a file. */
export function read(path: string): string {
  return order('read_file', { path });
}

/** A Coder's order to run a program. */
export function run(...command: readonly string[]): string {
  return order('run_command', { command });
}

/** ASCII text in tag characters, which no screen shows. */
export function unseen(text: string): string {
  return text.replaceAll(/[ -~]/g, (letter) => String.fromCodePoint(0xe0000 + (letter.codePointAt(0) ?? 0)));
}
