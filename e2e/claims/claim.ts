// A claim of the product and the command that shows it.

export interface Claim {
  /** What is claimed, as a user would read it. */
  readonly claim: string;
  /** Shell command whose exit code 0 shows it. */
  readonly command: string;
  /** What it needs that not every machine has. */
  readonly needs: readonly ('root' | 'key' | 'time')[];
  readonly limitSeconds: number;
}
