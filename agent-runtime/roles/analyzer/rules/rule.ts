// The shape of a rule over syntax. Rules are data: what to collect in one walk over the tree, and, where that says too little, a look at what was collected.
import type { Rule, SgNode } from '@ast-grep/napi';
import type { FindingLevel, RuleText } from '#agent-runtime/roles/analyzer/finding.ts';
import type { SyntaxLanguage } from '#agent-runtime/roles/analyzer/syntax.ts';

/** A parsed file. */
export interface SyntaxFile {
  /** Path relative to the analysed folder, with `/`. */
  readonly path: string;
  readonly language: SyntaxLanguage;
  readonly root: SgNode;
}

/** What a look may know besides the node: parents are not asked for, since every such question starts at the root and deep code would make it slow. */
export interface Around {
  readonly path: string;
  /** Text of the whole file. */
  readonly text: string;
  /** Lines of the file. */
  readonly lines: readonly string[];
  /** Nodes that the family calls scopes and that hold this one, outermost first. */
  readonly scopes: readonly SgNode[];
}

/** A search with one node kind that rules can be found by. */
export type KindSearch = Rule & { readonly kind: string };

/** A name or another short piece of text, by its kind. Asking for the text of a node copies it, so a search asks leaves only. ASCII: the classes of Unicode take a hundred times longer to compile. */
export const leaf = (kind: string, pattern: string): KindSearch => ({ kind, regex: `(?-u)^(?:${pattern})$` });

/** One rule over syntax. */
export interface SyntaxRule extends RuleText {
  readonly level: FindingLevel;
  /** What to collect; the relations in it go down the tree, never up, and ask no large node for its text. */
  readonly search: readonly KindSearch[];
  /** The node to point at, or undefined when all is well. Absent: whatever the search finds is a fault. */
  readonly look?: (node: SgNode, around: Around) => SgNode | undefined;
}
