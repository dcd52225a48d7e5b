// The missions of the corpus: a repository with one fault, what is asked for, and the tests that prove it. A third is held out of all tuning.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '#domain/digest.ts';
import { type Fault, faults } from './faults.ts';

type Files = Readonly<Record<string, string>>;

/** Somebody looked at these to widen what the scripted coder knows, so whatever their hash says, they are tuned. Add a name before you look. */
export const lookedAt: ReadonlySet<string> = new Set(['text-26', 'ledger-39']);

/** One mission, as plain data. */
export interface CorpusMission {
  readonly name: string;
  readonly goal: string;
  readonly kind: string;
  /** What the agents find. */
  readonly files: Files;
  /** Tests that must pass over the changed sources; those that the agents saw are among them, as they were. */
  readonly proof: Files;
  readonly isHeldOut: boolean;
  /** The edit that mends it. Whoever measures how well a model finds it must not hand it on. */
  readonly mend: { readonly path: string; readonly before: string; readonly after: string };
}

/** Reads the corpus. */
export async function readMissions(): Promise<readonly CorpusMission[]> {
  const names = [...new Set(faults.map(({ repository }) => repository))];
  const repositories = new Map(await Promise.all(names.map(async (name) => [name, await readRepository(name)] as const)));
  return faults.map((fault, index) => missionOf(fault, index, repositories.get(fault.repository) ?? {}));
}

/** The files of a repository without a fault, proofs included. */
export async function readRepository(name: string): Promise<Files> {
  const text = await readFile(join(import.meta.dirname, 'repos', `${name}.txt`), 'utf8');
  const parts = text.split(/^=== (.+)\n/m).slice(1);
  return Object.fromEntries(parts.flatMap((part, index) => (index % 2 === 0 ? [[part, parts[index + 1] ?? '']] : [])));
}

function missionOf({ repository, file, kind, right, wrong, goal }: Fault, index: number, all: Files): CorpusMission {
  const name = `${repository}-${String(index + 1).padStart(2, '0')}`;
  const source = all[file] ?? '';
  if (source.split(right).length !== 2) throw new Error(`read mission ${name}: "${right}" stands ${source.split(right).length - 1} times in ${file} of ${repository}.txt; it must stand there once`);
  const broken = source.replace(right, () => wrong);
  const isProof = (path: string) => path.startsWith('proof/');
  const files = Object.fromEntries(Object.entries(all).filter(([path]) => !isProof(path)));
  return {
    name,
    kind,
    goal: `${goal} Find the cause in the ${repository} repository and mend it; the tests have to pass.`,
    files: { ...files, [file]: broken },
    proof: Object.fromEntries(Object.entries(all).filter(([path]) => /^(?:proof|test)\//.test(path))),
    isHeldOut: !lookedAt.has(name) && Number.parseInt(sha256Hex(name).slice(0, 8), 16) % 3 === 0,
    mend: { path: file, ...excerptOf(broken, wrong, { right, at: source.indexOf(right) }) },
  };
}

/** The lines of a fault and as many before them as make them unique, and the same without it. */
function excerptOf(broken: string, wrong: string, { right, at }: { readonly right: string; readonly at: number }): { readonly before: string; readonly after: string } {
  const newline = broken.indexOf('\n', at + wrong.length);
  const end = newline < 0 ? broken.length : newline;
  let start = at;
  do start = broken.lastIndexOf('\n', start - 2) + 1;
  while (start > 0 && broken.split(broken.slice(start, end)).length !== 2);
  return { before: broken.slice(start, end), after: broken.slice(start, at) + right + broken.slice(at + wrong.length, end) };
}
