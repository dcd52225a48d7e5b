// What an import says, before anybody knows which file it means.

/** What one import names. A Python import may name several modules: those of `names` that are files, else the module itself. */
export type Specifier = { readonly kind: 'script'; readonly specifier: string } | { readonly kind: 'python'; readonly dots: number; readonly module: string; readonly names: readonly string[] };

/** One import as it stands in a file. */
export interface ImportStatement {
  /** Counted from 1. */
  readonly line: number;
  /** `load`: runs when the file is loaded. `later`: inside a function, or a dynamic import. `never`: imports types alone. Only the first closes cycles. */
  readonly when: 'load' | 'later' | 'never';
  readonly target: Specifier;
}
