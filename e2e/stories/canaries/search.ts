// A full-text search that counts what it has read: a search of nothing finds nothing.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A text to be looked for, by its name: nobody wants to read it in a report. */
export interface Needle {
  readonly name: string;
  readonly text: string;
}

/** What is searched: a name for people, and pieces with the place that each comes from. */
export interface Haystack {
  readonly name: string;
  readonly pieces: AsyncIterable<Piece> | Iterable<Piece>;
}

export interface Piece {
  readonly place: string;
  readonly bytes: Buffer;
}

/** What came of one haystack. */
export interface Searched {
  readonly name: string;
  readonly pieces: number;
  readonly bytes: number;
  /** `<needle> in <place>`. */
  readonly hits: readonly string[];
}

/** Looks for every needle in every piece, as it is and as base64 of it. */
export async function search({ name, pieces }: Haystack, needles: readonly Needle[]): Promise<Searched> {
  const spelt = needles.map((needle) => ({ name: needle.name, spellings: spellingsOf(needle.text) }));
  const hits: string[] = [];
  let [count, size] = [0, 0];
  for await (const { place, bytes } of pieces) {
    count += 1;
    size += bytes.length;
    for (const needle of spelt) if (needle.spellings.some((spelling) => bytes.includes(spelling))) hits.push(`${needle.name} in ${place}`);
  }
  return { name, pieces: count, bytes: size, hits };
}

/** A text, and its base64 wherever it begins in a longer one. */
function spellingsOf(text: string): readonly Buffer[] {
  const encoded = [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]);
    return bytes.toString('base64').slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6));
  });
  return [text, ...encoded].map((spelling) => Buffer.from(spelling));
}

/** The files below a folder whose paths are wanted; those that go away meanwhile are none. */
export async function* filesIn(folder: string, isWanted: (path: string) => boolean = () => true): AsyncGenerator<Piece> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    if (!isWanted(path.slice(folder.length + 1))) continue;
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes !== undefined) yield { place: path.slice(folder.length + 1), bytes };
  }
}
