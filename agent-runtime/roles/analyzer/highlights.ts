// What a maintainer may not know: true sentences derived from the analysis, the weightiest first. Each has a place and a next step; what the data does not show is not said.
import type { Analysis } from './analysis.ts';
import { mostWays } from './complexity.ts';
import type { Finding, Place } from './finding.ts';
import { functionText, linesTooMany, loopText, times } from './structure.ts';

/** One sentence worth knowing. */
export interface Highlight {
  readonly title: string;
  readonly text: string;
  readonly place: Place;
  readonly next: string;
}

interface Weighed extends Highlight {
  /** From 0 to 100; how much a reader gains by it. */
  readonly weight: number;
}

const shown = 3;
const testPath = /(^|\/)(tests?|__tests__|testing|fixtures)\/|[._-](test|spec)\.[^/]*$|(^|\/)test_[^/]*$|(^|\/)conftest\.py$/;
/** Tests, and declarations of types, which are as long as what they declare. */
const notCode = new RegExp(String.raw`${testPath.source}|\.d\.[cm]?ts$`);

/** The most telling sentences of an analysis, at most three, each of another kind. */
export function highlightsOf(analysis: Analysis): readonly Highlight[] {
  const all = kinds.map((kind) => kind(analysis)).filter((found) => found !== undefined);
  return all.toSorted((a, b) => b.weight - a.weight).slice(0, shown);
}

const kinds: readonly ((analysis: Analysis) => Weighed | undefined)[] = [secrets, errors, largestCycle, mostComplex, largestDuplicate, mostImported, largestFile, missingLock, mainLanguage];

function secrets({ files }: Analysis): Weighed | undefined {
  const found = files.flatMap((file) => file.secrets);
  const outsideTests = found.filter(({ place }) => !testPath.test(place.path));
  const first = outsideTests[0] ?? found[0];
  if (first === undefined) return undefined;
  const text = found.length === 1 ? sentence(first.message) : `${found.length} secrets stand in ${counted(new Set(found.map(({ place }) => place.path)).size, 'file')}. One of them: ${sentence(first.message)}`;
  return { weight: outsideTests.length > 0 ? 100 : 45, title: 'Secrets', text, place: first.place, next: 'Revoke it where it is valid, then keep it outside the repository; deleting the line leaves it in the history.' };
}

/** The kind of fault that is an error and occurs most outside tests. */
function errors({ findings }: Analysis): Weighed | undefined {
  const byRule = new Map<string, Finding[]>();
  for (const finding of findings) {
    if (finding.level !== 'error' || finding.rule.startsWith('secret-') || testPath.test(finding.place.path)) continue;
    byRule.set(finding.rule, [...(byRule.get(finding.rule) ?? []), finding]);
  }
  const [most] = [...byRule.values()].toSorted((a, b) => b.length - a.length);
  const [first] = most ?? [];
  if (most === undefined || first === undefined) return undefined;
  return { weight: 60, title: 'A likely fault', text: `${sentence(first.message)}${most.length > 1 ? ` The rule ${first.rule} finds ${most.length} such places.` : ''}`, place: first.place, next: 'Read these lines first.' };
}

function largestCycle({ imports: { cycles } }: Analysis): Weighed | undefined {
  const [largest] = cycles.toSorted((a, b) => b.members.length - a.members.length);
  const [first, second] = largest?.loop ?? [];
  if (largest === undefined || first === undefined) return undefined;
  const others = cycles.length > 1 ? ` It is the largest of ${cycles.length} cycles.` : '';
  return {
    weight: 50 + Math.min(40, largest.members.length),
    title: 'Files that cannot be had alone',
    text: largest.members.length === 1 ? `A file imports itself: ${loopText(largest)}.${others}` : `${largest.members.length} files reach each other by imports; a shortest way round is ${loopText(largest)}.${others}`,
    place: first,
    next: second === undefined ? 'Remove the import.' : `Ask what ${first.path} needs of ${second.path}, and move that to a file of its own.`,
  };
}

function mostComplex({ functions }: Analysis): Weighed | undefined {
  const found = functions.most.find(({ path }) => !testPath.test(path)) ?? functions.most[0];
  if (found === undefined || found.complexity <= mostWays) return undefined;
  const { path, line, endLine, name, complexity } = found;
  const many = functions.most.filter((other) => other.complexity > mostWays).length;
  return {
    weight: 40 + Math.min(40, complexity / 2),
    title: 'The hardest function to change',
    text: `${capital(functionText(name))} has ${complexity} ways through its ${endLine - line + 1} lines: so many tests would see each branch once. ${many} of ${counted(functions.count, 'function')} have more than ${mostWays}.`,
    place: { path, line },
    next: 'Cover it by tests, then split it along its branches.',
  };
}

function largestDuplicate({ duplicates: { groups } }: Analysis): Weighed | undefined {
  const ranked = groups.toSorted((a, b) => linesTooMany(b) - linesTooMany(a));
  const largest = ranked.find(({ blocks }) => !blocks.some(({ path }) => testPath.test(path))) ?? ranked[0];
  const [first, second] = largest?.blocks ?? [];
  if (largest === undefined || first === undefined || second === undefined) return undefined;
  const sum = groups.reduce((lines, group) => lines + linesTooMany(group), 0);
  return {
    weight: 40 + Math.min(35, linesTooMany(largest) / 5),
    title: 'The same code twice',
    text: `Lines ${first.line} to ${first.endLine} of ${first.path} stand ${times(largest.blocks.length)}, next at ${second.path}:${second.line}. All copies together are ${counted(sum, 'line')}.`,
    place: { path: first.path, line: first.line },
    next: 'Make one piece of code serve all places; a fault mended in one copy lives on in the others.',
  };
}

function mostImported({ imports }: Analysis): Weighed | undefined {
  const found = imports.imported.find(({ path }) => !testPath.test(path));
  if (found === undefined || found.importers < 5) return undefined;
  const share = found.importers / imports.files;
  const text = `${found.importers} of ${imports.files} files (${Math.round(share * 100)} %) import ${found.path}: a change there is felt by all of them.`;
  return { weight: 25 + Math.min(30, share * 60), title: 'What much rests on', text, place: { path: found.path, line: 1 }, next: 'Keep it small and stable, and let it import nothing that changes often.' };
}

function largestFile({ files }: Analysis): Weighed | undefined {
  const sources = files.filter(({ facts, path }) => facts !== undefined && !notCode.test(path)).toSorted((a, b) => b.lines - a.lines);
  const [largest] = sources;
  const median = sources[Math.floor(sources.length / 2)]?.lines ?? 0;
  if (largest === undefined || sources.length < 5 || largest.lines < 400 || largest.lines < 4 * median) return undefined;
  const text = `${largest.path} has ${largest.lines} lines; half of the ${sources.length} source files have at most ${median}.`;
  return { weight: 25 + Math.min(20, largest.lines / 500), title: 'The longest file', text, place: { path: largest.path, line: 1 }, next: 'Look for the parts that change for different reasons, and part them.' };
}

function missingLock({ dependencies }: Analysis): Weighed | undefined {
  const found = dependencies.findings.find(({ level }) => level !== 'note');
  return found && { weight: 35, title: 'What is installed', text: sentence(found.message), place: found.place, next: 'Commit the lock file, so that everybody installs the same versions.' };
}

/** Says little, but is always true of a tree with code in it. */
function mainLanguage({ files }: Analysis): Weighed | undefined {
  const code = files.filter(({ facts }) => facts !== undefined);
  const [largest] = code.toSorted((a, b) => b.lines - a.lines);
  if (largest === undefined) return undefined;
  const lines = code.reduce((sum, file) => sum + file.lines, 0);
  return { weight: 1, title: 'Where the code is', text: `${counted(code.length, 'source file')} hold ${counted(lines, 'line')}; the longest is ${largest.path} with ${largest.lines}.`, place: { path: largest.path, line: 1 }, next: 'Begin to read there.' };
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

function sentence(text: string): string {
  return `${capital(text)}${/[.…!?]$/.test(text) ? '' : '.'}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
