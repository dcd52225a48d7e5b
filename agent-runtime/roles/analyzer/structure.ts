// Findings about the shape of the code: files that import each other, functions with too many ways, blocks that stand twice.
import { type FunctionFacts, mostWays } from './complexity.ts';
import type { Block, DuplicateGroup } from './duplicates/find.ts';
import type { Finding, Place, RuleText } from './finding.ts';
import type { ImportCycle } from './imports/graph.ts';

/** The rules of this file. */
export const structureRules: readonly RuleText[] = [
  {
    id: 'import-cycle',
    means: 'Files import each other in a round, so none of them can be loaded, tested or understood alone.',
    next: 'Move what both sides need into a file of its own, or hand it in as a parameter; imports of types alone close no cycle.',
  },
  { id: 'complex-function', means: 'A function has more than 15 ways through it (cyclomatic complexity).', next: 'Split it along its branches, or turn its cases into a table.' },
  { id: 'duplicate-block', means: 'The same code stands in more than one place.', next: 'Give it a name in one place and call it from the others.' },
];

/** A function and the file it stands in. */
export interface PlacedFunction extends FunctionFacts {
  readonly path: string;
}

const shownSteps = 8;
const shownCopies = 3;

/** One finding for each cycle. */
export function cycleFindings(cycles: readonly ImportCycle[]): readonly Finding[] {
  return cycles.map((cycle) => {
    const lines = new Map(cycle.loop.map(({ path, line }) => [path, line]));
    const [place, ...related] = cycle.members.map((path): Place => ({ path, line: lines.get(path) ?? 1 }));
    const message = cycle.members.length === 1 ? `the file imports itself: ${loopText(cycle)}` : `${cycle.members.length} files import each other: ${loopText(cycle)}`;
    return { rule: 'import-cycle', level: 'warning', message, place: place ?? { path: '', line: 1 }, related };
  });
}

/** The way round a cycle in words: `a -> b -> a`; the middle of a long one is left out. */
export function loopText({ loop }: ImportCycle): string {
  const paths = [...loop, ...loop.slice(0, 1)].map(({ path }) => path);
  const shown = paths.length <= shownSteps ? paths : [...paths.slice(0, shownSteps - 2), `(${paths.length - shownSteps + 1} more)`, ...paths.slice(-1)];
  return shown.join(' -> ');
}

/** One finding for each function with more than `mostWays`. */
export function complexityFindings(functions: readonly PlacedFunction[]): readonly Finding[] {
  return functions
    .filter(({ complexity }) => complexity > mostWays)
    .map(({ path, line, endLine, name, complexity }) => ({
      rule: 'complex-function',
      level: 'warning',
      message: `${functionText(name)} has ${complexity} ways through its ${endLine - line + 1} lines`,
      place: { path, line, endLine },
    }));
}

/** A function in words. */
export function functionText(name: string): string {
  return name === '' ? 'a function without a name' : `function ${name}`;
}

/** One finding for each group of equal blocks. */
export function duplicateFindings(groups: readonly DuplicateGroup[]): readonly Finding[] {
  return groups.map(({ tokens, blocks }) => {
    const [place, ...related] = blocks;
    return { rule: 'duplicate-block', level: 'warning', message: `${linesOf(place)} lines (${tokens} tokens) stand ${times(blocks.length)}, also in ${othersIn(related)}`, place: place ?? { path: '', line: 1 }, related };
  });
}

/** Without lines: a message that changes with them would make another finding of a block that has only moved. */
function othersIn(copies: readonly Block[]): string {
  const paths = [...new Set(copies.map(({ path }) => path))];
  const more = paths.length - shownCopies;
  return `${paths.slice(0, shownCopies).join(', ')}${more > 0 ? ` and ${more} more files` : ''}`;
}

/** A number of occurrences in words. */
export function times(count: number): string {
  return count === 2 ? 'twice' : `${count} times`;
}

/** Lines of a block; 0 for none. */
export function linesOf(block: Block | undefined): number {
  return block === undefined ? 0 : block.endLine - block.line + 1;
}

/** Lines that would go if each block of a group stood once. */
export function linesTooMany({ blocks }: DuplicateGroup): number {
  return blocks.slice(1).reduce((sum, block) => sum + linesOf(block), 0);
}
