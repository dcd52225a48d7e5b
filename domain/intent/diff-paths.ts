// The paths that a unified diff changes, from its headers alone: a line of a hunk that looks like a header is none.

/** Sorted paths relative to the folder that the diff is applied in, or why it cannot be read. */
export type DiffPaths = { readonly kind: 'paths'; readonly paths: readonly string[] } | { readonly kind: 'unreadable'; readonly reason: string };

const hunkHeader = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/;

/** Lines of header that name a path; the path keeps its prefix `a/` or `b/` in the first two. */
const prefixed = /^(?:---|\+\+\+) (.+)$/;
const plain = /^(?:rename|copy) (from|to) (.+)$/;
const gitHeader = /^diff --git (.+)$/;

/** Reads the headers of a diff as git writes it. */
export function diffPaths(diff: string): DiffPaths {
  const paths = new Set<string>();
  for (const line of headerLines(diff)) for (const path of pathsOfHeader(line)) paths.add(path);
  const outside = [...paths].find((path) => !isInside(path));
  if (outside !== undefined) return { kind: 'unreadable', reason: `it changes ${outside}, which is not a path inside the workspace; make the diff at the root of the workspace` };
  if (paths.size === 0) return { kind: 'unreadable', reason: 'it names no file; give a unified diff with the headers --- a/path and +++ b/path, as git diff writes it' };
  return { kind: 'paths', paths: [...paths].toSorted((a, b) => (a < b ? -1 : 1)) };
}

/** Lines that a line of a hunk takes of the old and the new file, by its first character; context takes one of each. */
const taken: ReadonlyMap<string | undefined, readonly [number, number]> = new Map([['-', [1, 0]], ['+', [0, 1]], ['\\', [0, 0]]]);

function* headerLines(diff: string): Generator<string> {
  let [removed, added] = [0, 0];
  for (const line of diff.split(/\r?\n/)) {
    if (removed > 0 || added > 0) {
      const [old, made] = taken.get(line[0]) ?? [1, 1];
      [removed, added] = [removed - old, added - made];
      continue;
    }
    const hunk = hunkHeader.exec(line);
    if (hunk === null) yield line;
    else [removed, added] = [Number(hunk[1] ?? 1), Number(hunk[2] ?? 1)];
  }
}

function pathsOfHeader(line: string): readonly string[] {
  const side = prefixed.exec(line)?.[1];
  if (side !== undefined) return sidePaths(side.split('\t')[0] ?? '');
  const moved = plain.exec(line);
  // The source of a copy stays as it is.
  if (moved !== null) return line.startsWith('copy from') ? [] : [unquoted(moved[2] ?? '')];
  const both = gitHeader.exec(line)?.[1];
  return both === undefined ? [] : gitPaths(both);
}

function sidePaths(side: string): readonly string[] {
  const path = unquoted(side.trimEnd());
  return path === '/dev/null' ? [] : [path.replace(/^[^/]*\//, '')];
}

/** `a/x b/x` of a diff --git line; needed for changes of mode and binary files, which have no other header. Where both differ, other lines name them. */
function gitPaths(both: string): readonly string[] {
  const middle = (both.length - 1) / 2;
  const [left, right] = [unquoted(both.slice(0, middle)), unquoted(both.slice(middle + 1))];
  return left.startsWith('a/') && right.startsWith('b/') && left.slice(2) === right.slice(2) ? [left.slice(2)] : [];
}

const escapes: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 34, '\\': 92 };

/** A path that git put in quotes, as it is: octal escapes are bytes of UTF-8. */
function unquoted(path: string): string {
  if (!path.startsWith('"') || !path.endsWith('"') || path.length < 2) return path;
  const bytes: number[] = [];
  for (const [part, escape] of path.slice(1, -1).matchAll(/\\([0-7]{3}|.)|[^\\]+/gsu)) {
    if (escape === undefined) bytes.push(...new TextEncoder().encode(part));
    else bytes.push(/^[0-7]{3}$/.test(escape) ? Number.parseInt(escape, 8) & 0xff : (escapes[escape] ?? 63));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}

function isInside(path: string): boolean {
  return path !== '' && !path.startsWith('/') && path.split('/').every((part) => part !== '' && part !== '..' && part !== '.git');
}
