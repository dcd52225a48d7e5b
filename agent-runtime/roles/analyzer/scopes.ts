// Which scopes hold a node, for nodes that come in the order of the text. Asking a node for its parents starts at the root each time, which deep code makes slow.

interface Scope<T> {
  readonly end: number;
  readonly value: T;
}

/** The scopes that are open where a walk over the text has come to. */
export class Scopes<T> {
  readonly #open: Scope<T>[] = [];

  /** A scope that reaches to `end`, an index into the text; scopes are entered outermost first. */
  enter(end: number, value: T): void {
    this.#open.push({ end, value });
  }

  /** The innermost scope that holds what starts at `start`; the walk does not go back. */
  innermost(start: number): T | undefined {
    while ((this.#open.at(-1)?.end ?? Number.POSITIVE_INFINITY) <= start) this.#open.pop();
    return this.#open.at(-1)?.value;
  }
}
