// The repositories of the corpus with what is to be found in them. Read from disk; nothing of it is ever run from here.
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { failureClasses } from '#domain/consistency/state.ts';
import { type Mark, readMarked } from './marks.ts';

/** How a test run ends that is read right. */
export const TestAnswer = z.strictObject({
  framework: z.string(),
  passed: z.int(),
  failed: z.int(),
  skipped: z.int(),
  failureClass: z.enum(failureClasses),
  failures: z.array(z.strictObject({ test: z.string(), class: z.enum(failureClasses).exclude(['none']) })),
});
export type TestAnswer = z.infer<typeof TestAnswer>;

const Answers = z.strictObject({ about: z.string(), tests: TestAnswer });

/** One thing that is to be found; a cycle or a group of duplicates has several places, in the order of their paths and lines. */
export interface SeededFault {
  readonly rule: string;
  readonly places: readonly Mark[];
}

export interface Repository {
  readonly name: string;
  readonly about: string;
  /** Texts by path, as they are laid out. */
  readonly files: ReadonlyMap<string, string>;
  readonly faults: readonly SeededFault[];
  /** Places that look like faults and are none. */
  readonly lookAlikes: readonly Mark[];
  readonly tests: TestAnswer;
}

const root = join(import.meta.dirname, 'repos');
const ending = '.txt';

/** All repositories of the corpus, by name. */
export async function readRepositories(): Promise<readonly Repository[]> {
  const names = await readdir(root);
  return Promise.all(names.toSorted().map(readRepository));
}

/** Writes the files of a repository below a folder. */
export async function layOut({ files }: Repository, folder: string): Promise<void> {
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

async function readRepository(name: string): Promise<Repository> {
  const folder = join(root, name);
  const { about, tests } = Answers.parse(JSON.parse(await readFile(join(folder, 'answers.json'), 'utf8')));
  const paths = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith(ending)).toSorted();
  const files = new Map<string, string>();
  const marks: Mark[] = [];
  for (const stored of paths) {
    const path = stored.slice(0, -ending.length);
    const read = readMarked(path, await readFile(join(folder, stored), 'utf8'));
    files.set(path, read.text);
    marks.push(...read.marks);
  }
  return { name, about, tests, files, faults: faultsOf(marks.filter(({ isLookAlike }) => !isLookAlike)), lookAlikes: marks.filter(({ isLookAlike }) => isLookAlike) };
}

function faultsOf(marks: readonly Mark[]): readonly SeededFault[] {
  const groups = Map.groupBy(marks, ({ rule, group, path, line }) => (group === undefined ? `${rule} ${path}:${line}` : `${rule} ${group}`));
  return [...groups.values()].map((places) => ({ rule: places[0]?.rule ?? '', places }));
}
