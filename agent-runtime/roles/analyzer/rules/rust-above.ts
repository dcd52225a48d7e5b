// What is written above an item of Rust: its attributes, and the comment that says why unsafe code is sound. Read from lines, so that depth of code costs nothing.
import type { SgNode } from '@ast-grep/napi';

/** Lines that are looked at above an item. */
const maxLines = 60;
/** Lines that one statement may have above the unsafe block in it. */
const maxStatementLines = 8;
const maxPrefix = 400;

const testAttribute = /#\[\s*(?:(?:\w+::)*(?:test|rstest|test_case|quickcheck|bench)\b|cfg\(\s*(?:(?:all|any)\(\s*)*(?:\w+(?:\s*=\s*"[^"]{0,80}")?\s*,\s*){0,8}test\s*[,)])/;

const isComment = (line: string): boolean => /^(\/\/|\/\*|\*)/.test(line) || line.endsWith('*/');
const isAttribute = (line: string): boolean => line.startsWith('#[') || line === ')]';

/** Whether an item is compiled for tests only. */
export function isTestItem(item: SgNode, lines: readonly string[]): boolean {
  const { start } = item.range();
  const before = (lines[start.line] ?? '').slice(Math.max(0, start.column - maxPrefix), start.column);
  return testAttribute.test(before) || above(start.line, lines).some((line) => testAttribute.test(line));
}

/** Whether a comment right above unsafe code, above its statement or first inside it speaks of safety. */
export function hasSafetyComment(node: SgNode, text: string, lines: readonly string[]): boolean {
  const { start } = node.range();
  const inside = /^[^{]{0,400}\{((?:\s|\/\/[^\n]*|\/\*[^*]*\*\/){1,400})/.exec(text.slice(start.index, start.index + 2 * maxPrefix))?.[1] ?? '';
  const sameLine = (lines[start.line] ?? '').slice(Math.max(0, start.column - maxPrefix), start.column);
  const comments = [inside, ...(/\/\*/.test(sameLine) ? [sameLine] : []), ...[start.line, statementStart(start.line, lines)].flatMap((line) => above(line, lines).filter(isComment))];
  return comments.some((comment) => /\bsafety\b/i.test(comment));
}

/** Comments and attributes above a line, without a gap, nearest first. */
function above(line: number, lines: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (let at = line - 1; at >= 0 && found.length < maxLines; at -= 1) {
    const text = (lines[at] ?? '').slice(0, maxPrefix).trim();
    if (!isComment(text) && !isAttribute(text)) break;
    found.push(text);
  }
  return found;
}

/** The line where the statement of a line begins, as far as line ends tell. */
function statementStart(line: number, lines: readonly string[]): number {
  for (let at = line; at > Math.max(0, line - maxStatementLines); at -= 1) {
    const before = (lines[at - 1] ?? '').slice(-maxPrefix).trim();
    if (before === '' || /[;{},]$/.test(before) || isComment(before) || isAttribute(before)) return at;
  }
  return line;
}
