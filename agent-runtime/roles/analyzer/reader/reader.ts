// What parses files for the analysis, declared by its consumer.
import type { FileFacts, Source } from '#agent-runtime/roles/analyzer/facts.ts';

/** The facts of a file, or why it could not be read; the rest of the tree is read all the same. */
export type Answer = { readonly kind: 'read'; readonly facts: FileFacts } | { readonly kind: 'unread'; readonly why: string };

/** Reads one file after the other. */
export interface Reader {
  /** Never rejects. */
  read(source: Source): Promise<Answer>;
  /** Ends at once, also in the middle of a file. */
  close(): void;
}
