// What AnalyzeCode reports about each measure: small numbers that goals may read, and a section of the page for people.
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { cell, table } from '#agent-runtime/roles/markdown.ts';
import type { Analysis } from './analysis.ts';
import { mostWays } from './complexity.ts';
import type { ImportGraph } from './imports/graph.ts';
import { isProgramming } from './languages.ts';
import { functionText, linesOf, linesTooMany, loopText } from './structure.ts';
import type { Measure, Surveyed } from './survey.ts';

/** What one measure has to say. */
export interface Section {
  readonly observed: JsonObject;
  readonly markdown?: string;
}

const listed = 10;
const shownAlone = 5;

type Row = readonly (string | number)[];

/** A heading, a sentence and a table of the first rows; without rows the sentence alone. */
function page(title: string, text: string, header: readonly string[], rows: readonly Row[]): string {
  const parts = [`## ${title}`, text, rows.length === 0 ? '' : table(header, rows.slice(0, listed))];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** The sections of the measures, in the order of the page. */
export const sectionOf: Readonly<Record<Measure, (analysis: Analysis) => Section>> = {
  imports: ({ imports }) => ({
    observed: { importFiles: imports.files, importEdges: imports.edges, importCycles: imports.cycles.length },
    ...(imports.files > 0 && { markdown: importsPage(imports) }),
  }),
  complexity: ({ files, functions: { count, most } }) => ({
    observed: {
      branches: sum(files, ({ branches }) => branches),
      mostBranchesInFile: files.reduce((largest, { branches }) => Math.max(largest, branches), 0),
      complexFunctions: most.filter(({ complexity }) => complexity > mostWays).length,
      mostComplexFunction: most[0]?.complexity ?? 0,
    },
    markdown: page('Functions', `${count} functions; above ${mostWays} ways through a function are hard to test.`, ['Function', 'Place', 'Ways', 'Lines'], most.map(({ name, path, line, endLine, complexity }) => [functionText(name), `${path}:${line}`, complexity, endLine - line + 1])),
  }),
  duplicates: ({ duplicates: { groups, leftFiles } }) => ({
    observed: { duplicateBlocks: groups.length, duplicatedLines: sum(groups, linesTooMany) },
    markdown: page('Duplicates', `${groups.length} blocks of 60 tokens or more stand more than once; ${sum(groups, linesTooMany)} lines are copies.${leftFiles > 0 ? ` ${leftFiles} files were not compared: the tree is too large.` : ''}`, ['Block', 'Lines', 'Times'], groups.toSorted((a, b) => linesTooMany(b) - linesTooMany(a)).map(({ blocks }) => [blocks.slice(0, 3).map(({ path, line }) => `${path}:${line}`).join(', '), linesOf(blocks[0]), blocks.length])),
  }),
  rules: () => ({ observed: {} }),
  secrets: ({ files }) => ({ observed: { secrets: sum(files, ({ secrets }) => secrets.length) } }),
  dependencies: ({ dependencies: { facts } }) => ({ observed: { dependencies: sum(facts, ({ direct }) => direct) } }),
  languages: ({ files }) => {
    const languages = countLanguages(files);
    const main = languages.find(([name]) => isProgramming(String(name)))?.[0];
    return { observed: { languages: languages.length, ...(main !== undefined && { mainLanguage: main }) }, markdown: page('Languages', '', ['Language', 'Files', 'Lines', 'Bytes'], languages) };
  },
  size: ({ files }) => {
    const largest = files.toSorted((a, b) => b.lines - a.lines);
    return {
      observed: { lines: sum(files, ({ lines }) => lines), largestFileLines: largest[0]?.lines ?? 0 },
      markdown: page('Largest files', '', ['File', 'Lines', 'Bytes'], largest.map(({ path, lines, bytes }) => [path, lines, bytes])),
    };
  },
};

function importsPage({ files, edges, cycles, imported, alone }: ImportGraph): string {
  const text = `${files} files of TypeScript, JavaScript and Python, ${edges} imports between them, ${cycles.length} cycles. Imports of types alone are left out; those inside functions close no cycle.`;
  const largestFirst = cycles.toSorted((a, b) => b.members.length - a.members.length);
  const idle = alone.filter((path) => !path.endsWith('__init__.py'));
  const names = `${idle.slice(0, shownAlone).join(', ')}${idle.length > shownAlone ? ', …' : ''}`;
  return [
    page('Imports', text, ['Files in the cycle', 'A way round'], largestFirst.map((cycle) => [cycle.members.length, loopText(cycle)])),
    ...(imported.length === 0 ? [] : [table(['Most imported', 'By files'], imported.slice(0, listed).map(({ path, importers }) => [path, importers]))]),
    ...(idle.length === 0 ? [] : [cell(`${idle.length} files import nothing of the workspace and nothing imports them (${names}): entry points, configurations, or leftovers.`)]),
  ].join('\n\n');
}

/** Rows of language, files, lines and bytes, most lines first. */
function countLanguages(files: readonly Surveyed[]): readonly Row[] {
  const counts = new Map<string, { files: number; lines: number; bytes: number }>();
  for (const { language, lines, bytes } of files) {
    if (language === undefined) continue;
    const count = counts.get(language) ?? { files: 0, lines: 0, bytes: 0 };
    counts.set(language, { files: count.files + 1, lines: count.lines + lines, bytes: count.bytes + bytes });
  }
  return [...counts].toSorted(([a, { lines }], [b, other]) => other.lines - lines || (a < b ? -1 : 1)).map(([language, count]) => [language, count.files, count.lines, count.bytes]);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
