// Finds the faults of one parsed file: one walk of the tree collects what any rule of the language asks for, then each rule looks at its own.
import type { SgNode } from '@ast-grep/napi';
import type { Finding } from '#agent-runtime/roles/analyzer/finding.ts';
import { atMost } from './at-most.ts';
import { type Candidate, families } from './families.ts';
import type { Around, SyntaxFile, SyntaxRule } from './rule.ts';

/** Nodes that are looked at in one file: far above any source, a bound for what is made to be slow. */
const maxNodes = 5000;
/** Scopes inside each other that are told apart. */
const maxDepth = 100;
const excerptLength = 60;

/** Places by line: a rule speaks once about a line. */
type Hits = Map<SyntaxRule, Map<number, SgNode>>;

/** The faults of a file by the rules of its language, sorted by place: each rule speaks once about a line, and of at most 50 lines. */
export function findFaults(file: SyntaxFile): Finding[] {
  const { search, candidates, scopes } = families[file.language];
  const nodes = file.root.findAll(search);
  if (nodes.length === 0) return [];
  const text = file.root.text();
  const open: SgNode[] = [];
  const around: Around = { path: file.path, text, lines: text.split('\n'), scopes: open };
  const hits: Hits = new Map();
  for (const node of nodes.slice(0, maxNodes)) {
    const kind = String(node.kind());
    if (scopes.size > 0) leaveScopes(open, node);
    for (const candidate of candidates.get(kind) ?? []) lookAt(node, candidate, around, hits);
    if (scopes.has(kind) && open.length < maxDepth) open.push(node);
  }
  const findings = [...hits].flatMap(([rule, places]) => [...places.values()].map((place) => toFinding(rule, place, around)));
  return atMost(findings.toSorted((a, b) => a.place.line - b.place.line || (a.place.column ?? 0) - (b.place.column ?? 0)));
}

/** Nodes come in the order of the text, so a scope that ended before this node holds nothing more. */
function leaveScopes(open: SgNode[], node: SgNode): void {
  if (open.length === 0) return;
  const { index } = node.range().start;
  for (let scope = open.at(-1); scope !== undefined && scope.range().end.index <= index; scope = open.at(-1)) open.pop();
}

function lookAt(node: SgNode, { rule, confirm }: Candidate, around: Around, hits: Hits): void {
  // The look comes first: it is the cheaper of the two, and mostly says no.
  const hit = rule.look === undefined ? node : rule.look(node, around);
  if (hit === undefined || (confirm !== undefined && !node.matches(confirm))) return;
  const places = hits.get(rule) ?? new Map<number, SgNode>();
  hits.set(rule, places);
  const { line } = hit.range().start;
  if (!places.has(line)) places.set(line, hit);
}

function toFinding({ id, level, means }: SyntaxRule, node: SgNode, { path, text }: Around): Finding {
  const { start, end } = node.range();
  return { rule: id, level, message: `${means.slice(0, -1)}: ${excerpt(text, start.index, end.index)}`, place: { path, line: start.line + 1, column: start.column + 1, endLine: end.line + 1 } };
}

/** The begin of a piece of code up to its first quote: what is quoted may be a secret. */
function excerpt(text: string, start: number, end: number): string {
  const [line = ''] = text.slice(start, Math.min(end, start + 4 * excerptLength)).split(/[\r\n]/, 1);
  const shown = line.split(/["'`]/, 1)[0]?.slice(0, excerptLength).trim() ?? '';
  return start + shown.length < end ? `${shown}…` : shown;
}
