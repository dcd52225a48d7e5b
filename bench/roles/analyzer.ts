// Scores the Analyzer: every repository of the corpus is laid out, analysed as an agent would, and its SARIF compared with the seeded faults.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { artifactText, contextOver, runIntent } from '#agent-runtime/roles/fixtures.ts';
import { evidence, groupOf, ruleGroups } from '#testing/corpus/catalogue.ts';
import { layOut, type Repository, type SeededFault } from '#testing/corpus/repositories.ts';
import { readSarif } from './sarif.ts';
import { compare, share, type Spot } from './score.ts';

/** What the Analyzer did over all repositories. */
export interface AnalyzerScore {
  /** Share of the seeded faults that were found. */
  readonly recall: number;
  /** Share of the findings that were seeded. */
  readonly precision: number;
  /** Rows for a table: rule or group, seeded, found of them, surplus, recall, precision. */
  readonly table: readonly (readonly string[])[];
  /** A sentence for every fault not found and every finding not seeded. */
  readonly misses: readonly string[];
}

interface Tally {
  readonly rule: string;
  seeded: number;
  matched: number;
  surplus: number;
}

/** Analyses all repositories, one after the other. */
export async function scoreAnalyzer(repositories: readonly Repository[]): Promise<AnalyzerScore> {
  const tallies = new Map(Object.keys(evidence).map((rule): [string, Tally] => [rule, { rule, seeded: 0, matched: 0, surplus: 0 }]));
  const misses: string[] = [];
  for (const repository of repositories) {
    const found = (await findingsIn(repository)).filter(({ rule }) => tallies.has(rule));
    const { missed, surplus } = compare(repository.faults.map(spotOf), found);
    for (const { rule } of repository.faults) add(tallies, rule, { seeded: 1, matched: 1 });
    for (const { rule } of missed) add(tallies, rule, { matched: -1 });
    for (const { rule } of surplus) add(tallies, rule, { surplus: 1 });
    misses.push(...missed.map((spot) => `${repository.name}: not found: ${say(spot)}`));
    misses.push(...surplus.map((spot) => `${repository.name}: found but not seeded${isLookAlike(repository, spot) ? ' (a look-alike)' : ''}: ${say(spot)}: ${spot.message}`));
  }
  const all = sum('all', [...tallies.values()]);
  const groups = ruleGroups.map((group) => sum(group, [...tallies.values()].filter(({ rule }) => groupOf(rule) === group)));
  return { recall: share(all.matched, all.seeded), precision: precisionOf(all), table: [...tallies.values(), ...groups, all].map(row), misses };
}

async function findingsIn(repository: Repository) {
  const folder = await mkdtemp(join(tmpdir(), `corpus-${repository.name}-`));
  try {
    await layOut(repository, folder);
    const result = await runIntent('Analyzer', 'AnalyzeCode', {}, contextOver(folder));
    const sarif = artifactText(result, 'analysis.sarif');
    if (sarif === undefined) throw new Error(`cannot score the Analyzer on ${repository.name}: it left no analysis.sarif and said: ${result.message}`);
    return readSarif(sarif);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function spotOf({ rule, places: [first, ...rest] }: SeededFault): Spot {
  return { rule, path: first?.path ?? '', line: first?.line ?? 0, related: rest.map(({ path }) => path) };
}

function isLookAlike({ lookAlikes }: Repository, { rule, path, line }: Spot): boolean {
  return lookAlikes.some((mark) => mark.rule === rule && mark.path === path && Math.abs(mark.line - line) <= 1);
}

function say({ rule, path, line, related }: Spot): string {
  return `${rule} at ${path}:${line}${related.length === 0 ? '' : ` with ${related.join(', ')}`}`;
}

function add(tallies: ReadonlyMap<string, Tally>, rule: string, { seeded = 0, matched = 0, surplus = 0 }: Partial<Omit<Tally, 'rule'>>): void {
  const tally = tallies.get(rule);
  if (tally === undefined) throw new Error(`cannot score ${rule}: the corpus has a mark that its catalogue does not know; add it to testing/corpus/catalogue.ts`);
  tally.seeded += seeded;
  tally.matched += matched;
  tally.surplus += surplus;
}

function sum(name: string, tallies: readonly Tally[]): Tally {
  const of = (key: 'seeded' | 'matched' | 'surplus') => tallies.reduce((total, tally) => total + tally[key], 0);
  return { rule: name, seeded: of('seeded'), matched: of('matched'), surplus: of('surplus') };
}

const precisionOf = ({ matched, surplus }: Tally) => share(matched, matched + surplus);

function row(tally: Tally): readonly string[] {
  const { rule, seeded, matched, surplus } = tally;
  return [rule, String(seeded), String(matched), String(surplus), share(matched, seeded).toFixed(2), precisionOf(tally).toFixed(2)];
}
