// The borders of the house as a function from files to sentences. It sees text only, so tests can show it a broken house.
import { posix } from 'node:path';
import { cycles, type Arrows } from './cycles.ts';
import { importsOf, type Import } from './imports.ts';
import { adapters, assembledRooms, assemblyFiles, besideCode, closedRooms, kindFolders, rows, type Row } from './rooms.ts';

/** Text of every .ts and .tsx file by its path from the root. */
export type House = ReadonlyMap<string, string>;

interface Edge extends Import {
  readonly from: string;
  /** `room/file.ts`, `node:fs` or the name of a package. */
  readonly to: string;
}

/** One sentence for each broken border; a house without files is itself broken. */
export function violations(house: House): string[] {
  if (house.size === 0) return ['no files were seen: a check of nothing proves nothing'];
  const edges = [...house].flatMap(([from, text]) => edgesOf(from, text));
  const direct = edges.flatMap((edge) => [...borderFaults(edge), ...closedRoomFaults(edge), ...kindFaults(edge), ...assemblyFaults(edge), ...danglingFaults(edge, house)]);
  const homeless = [...house.keys()].filter((file) => rowOf(file) === undefined).map((file) => `${file} lies in no room: add a row to testing/rooms.ts`);
  return [...homeless, ...direct, ...impurities(house, edges), ...roomCycles(edges), ...fileCycles(edges)];
}

function edgesOf(from: string, text: string): Edge[] {
  return importsOf(text).map((found) => ({ ...found, from, to: targetOf(from, found.specifier) }));
}

function targetOf(from: string, specifier: string): string {
  if (specifier.startsWith('#')) return specifier.slice(1);
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier);
  if (specifier.startsWith('node:')) return specifier;
  return specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

const isOurs = (target: string) => /\.(tsx?|json)$/.test(target);

function rowOf(file: string): Row | undefined {
  return rows.find(({ files }) => files.test(file));
}

function borderFaults(edge: Edge): string[] {
  const row = rowOf(edge.from);
  if (row === undefined || (allows(row, edge) && row.never?.some((folder) => edge.to.startsWith(folder)) !== true)) return [];
  return [`${edge.from} imports ${edge.to}: ${row.room} may import only ${[...row.may, ...(row.packages ?? [])].join(', ')}${row.never === undefined ? '' : ` and never ${row.never.join(', ')}`}`];
}

function allows({ may, packages = [], isPure }: Row, { from, to, isType }: Edge): boolean {
  if (to.startsWith('node:')) return may.includes('node:');
  // Its version is what every process says of itself.
  if (to === 'package.json') return isPure !== true;
  // Types inferred from the schemas of api are zod's, and nothing is left of them at run time.
  if (to === 'zod' && isType) return may.includes('api/');
  if (!isOurs(to)) return may.includes('npm:') || packages.includes(to);
  return may.some((pattern) => (pattern === './' ? to.startsWith(`${posix.dirname(from)}/`) : to === pattern || (pattern.endsWith('/') && to.startsWith(pattern))));
}

function closedRoomFaults({ from, to }: Edge): string[] {
  return closedRooms.filter(({ target, importers }) => target.test(to) && !importers.test(from)).map(({ law }) => `${from} imports ${to}: ${law}`);
}

function kindFaults({ from, to, isType }: Edge): string[] {
  const [here, there] = [from, to].map((path) => kindFolders.find((kind) => path.startsWith(`operator/${kind}/`)));
  const isOpen = isType || from.endsWith('.test.ts') || /(^|\/|-)port\.ts$/.test(to);
  if (here === undefined || there === undefined || here === there || isOpen) return [];
  return [`${from} imports ${to}: a kind takes from another one only types and what its port.ts declares`];
}

function assemblyFaults({ from, to, isType, names }: Edge): string[] {
  if (isType || !adapters.test(to) || !assembledRooms.test(from) || assemblyFiles.test(from)) return [];
  return names.filter((name) => /^(create|start|open|load)[A-Z]/.test(name)).map((name) => `${from} imports ${name} of ${to}: adapters are made only in main.ts and wiring files, and handed in`);
}

function danglingFaults({ from, to, specifier }: Edge, house: House): string[] {
  const isMissing = /\.tsx?$/.test(to) && !house.has(to);
  return isMissing ? [`${from} imports ${specifier}, which does not exist`] : [];
}

/** Builtins that pure files reach at run time, with the way there. */
function impurities(house: House, edges: readonly Edge[]): string[] {
  const byFile = Map.groupBy(edges.filter(({ isType }) => !isType), ({ from }) => from);
  const pure = [...house.keys()].filter((file) => rowOf(file)?.isPure === true);
  return pure.flatMap((file) => {
    const path = pathToBuiltin(file, byFile);
    return path === undefined ? [] : [`${path.join(' -> ')}: ${rowOf(file)?.room ?? file} is pure and reaches no node builtin`];
  });
}

function pathToBuiltin(start: string, byFile: ReadonlyMap<string, readonly Edge[]>): readonly string[] | undefined {
  const queue: (readonly string[])[] = [[start]];
  const seen = new Set([start]);
  for (const path of queue) {
    for (const { to } of byFile.get(path.at(-1) ?? '') ?? []) {
      if (to.startsWith('node:')) return [...path, to];
      if (!seen.has(to)) queue.push([...path, to]);
      seen.add(to);
    }
  }
  return undefined;
}

/** Cycles between rooms, tests and their fakes aside; arrows go one way. */
function roomCycles(edges: readonly Edge[]): string[] {
  const between = edges.filter(({ from, to }) => isOurs(to) && !besideCode.test(from) && roomOf(from) !== roomOf(to));
  return cycles(arrows(between, roomOf)).map((cycle) => `rooms import each other: ${cycle.join(' -> ')}`);
}

/** Cycles between files, for a type too: two files that need each other cannot be read one after the other. */
function fileCycles(edges: readonly Edge[]): string[] {
  return cycles(arrows(edges, (file) => file)).map((cycle) => `files import each other: ${cycle.join(' -> ')}`);
}

function arrows(edges: readonly Edge[], nodeOf: (file: string) => string): Arrows {
  return new Map([...Map.groupBy(edges, ({ from }) => nodeOf(from))].map(([node, out]) => [node, new Set(out.map(({ to }) => nodeOf(to)))]));
}

function roomOf(file: string): string {
  return file.split('/')[0] ?? file;
}
