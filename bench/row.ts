// What a bench says in one line: a figure, the best that the same machine could do in the same run, and how near it came.

/** One figure of a bench. */
export interface BenchRow {
  /** Stable name, such as `transport_vs_stock`. */
  readonly id: string;
  readonly value: number;
  /** Unit of `value` and `floor`. */
  readonly unit: string;
  /** The same figure for the least work that could do it, measured in the same run. */
  readonly floor: number;
  /** `value` divided by `floor`. */
  readonly ratio: number;
  /** What to type to get this row again. */
  readonly command: string;
  /** Who answered where a bench asks language models. Unset: it asks none. */
  readonly source?: 'simulated' | 'live';
}
