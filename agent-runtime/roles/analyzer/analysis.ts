// Puts together what single files say: the import graph, the ranking of functions, the blocks that occur twice, and all findings in one order.
import { isManifest, readManifests } from './dependencies/manifests.ts';
import { findDuplicates, type DuplicateGroup } from './duplicates/find.ts';
import type { Piece } from './duplicates/windows.ts';
import { hasImports } from './facts.ts';
import type { Finding } from './finding.ts';
import { namesFiles, readAliases } from './imports/aliases.ts';
import { type ImportGraph, linkImports } from './imports/graph.ts';
import { complexityFindings, cycleFindings, duplicateFindings, type PlacedFunction } from './structure.ts';
import type { Measure, Surveyed } from './survey.ts';
import { syntaxOf } from './syntax.ts';

/** All that is known of a tree; what was not measured is empty. */
export interface Analysis {
  /** Sorted by path. */
  readonly files: readonly Surveyed[];
  readonly measures: readonly Measure[];
  readonly imports: ImportGraph;
  /** Functions that were counted, and the most complex ones of each file, most complex first. */
  readonly functions: { readonly count: number; readonly most: readonly PlacedFunction[] };
  /** `leftFiles`: files beyond the number of tokens that are compared. */
  readonly duplicates: { readonly groups: readonly DuplicateGroup[]; readonly leftFiles: number };
  readonly dependencies: ReturnType<typeof readManifests>;
  /** Sorted by path and line. */
  readonly findings: readonly Finding[];
}

/** More tokens than this are not compared: 48 bytes of memory each. */
const maxTokens = 2_000_000;

/** Joins what was read of all files, sorted by path. */
export function analyze(files: readonly Surveyed[], measures: readonly Measure[]): Analysis {
  const wants = new Set(measures);
  const imports = importsOf(wants.has('imports') ? files : []);
  const functions = functionsOf(wants.has('complexity') ? files : []);
  const duplicates = duplicatesOf(wants.has('duplicates') ? files : []);
  const dependencies = readManifests(wants.has('dependencies') ? files.filter(({ path }) => isManifest(path)) : []);
  const findings = [
    ...cycleFindings(imports.cycles),
    ...complexityFindings(functions.most),
    ...duplicateFindings(duplicates.groups),
    ...files.flatMap(({ facts, secrets }) => [...(wants.has('rules') ? (facts?.faults ?? []) : []), ...secrets]),
    ...dependencies.findings,
  ];
  return { files, measures, imports, functions, duplicates, dependencies, findings: findings.toSorted(byPlace) };
}

function importsOf(files: readonly Surveyed[]): ImportGraph {
  const importing = files.filter(({ path }) => {
    const syntax = syntaxOf(path);
    return syntax !== undefined && hasImports(syntax);
  });
  const texts = new Map(files.flatMap(({ path, text }) => (text !== undefined && namesFiles(path) ? [[path, text] as const] : [])));
  const sources = { files: new Set(importing.map(({ path }) => path)), aliases: readAliases(texts) };
  return linkImports(new Map(importing.flatMap(({ path, facts }) => (facts === undefined ? [] : [[path, facts.imports] as const]))), sources);
}

function functionsOf(files: readonly Surveyed[]): Analysis['functions'] {
  const most = files.flatMap(({ path, facts }) => (facts?.complexity.most ?? []).map((found): PlacedFunction => ({ path, ...found })));
  return { count: files.reduce((sum, { facts }) => sum + (facts?.complexity.functions ?? 0), 0), most: most.toSorted((a, b) => b.complexity - a.complexity) };
}

function duplicatesOf(files: readonly Surveyed[]): Analysis['duplicates'] {
  const pieces: Piece[] = [];
  let tokens = 0;
  let leftFiles = 0;
  for (const { path, facts } of files) {
    if (facts === undefined) continue;
    tokens += facts.tokens.hashes.length;
    if (tokens <= maxTokens) pieces.push({ path, tokens: facts.tokens });
    else leftFiles += 1;
  }
  return { groups: findDuplicates(pieces), leftFiles };
}

function byPlace(a: Finding, b: Finding): number {
  if (a.place.path !== b.place.path) return a.place.path < b.place.path ? -1 : 1;
  return a.place.line - b.place.line || (a.rule < b.rule ? -1 : 1);
}
