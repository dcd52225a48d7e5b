// One thing that an analysis found. Every part of the Analyzer speaks in findings; SARIF and Markdown are made from them.

export type FindingLevel = 'error' | 'warning' | 'note';

/** A place in a file; lines and columns are counted from 1. */
export interface Place {
  /** Path relative to the analysed folder, with `/`. */
  readonly path: string;
  readonly line: number;
  readonly column?: number;
  readonly endLine?: number;
}

export interface Finding {
  /** Name of the rule: `import-cycle`, `duplicate-block`, `complex-function`, `secret-…`, or one of the rules over syntax. */
  readonly rule: string;
  readonly level: FindingLevel;
  /** One sentence about this very place. Never holds a secret. */
  readonly message: string;
  readonly place: Place;
  /** Further places that belong to it: the rest of a cycle, the other copies of a block. */
  readonly related?: readonly Place[];
}

/** What a rule means, for the catalogue in the report. */
export interface RuleText {
  readonly id: string;
  /** What is wrong where it is found, one sentence. */
  readonly means: string;
  /** What to do about it. */
  readonly next: string;
}
