// CountPatterns: counts literal texts in the files, and keeps where they are.
import { CountPatterns } from '#api/intents.ts';
import { action, type ActionResult, failed, succeeded, textArtifact } from '#agent-runtime/roles/action.ts';
import { table } from '#agent-runtime/roles/markdown.ts';
import { listFiles, readFiles } from './files.ts';
import { countLines } from './lines.ts';

const placesKept = 20;
const excerptLength = 120;

interface Found {
  readonly name: string;
  readonly text: string;
  count: number;
  readonly places: (readonly [string, string])[];
}

/** Occurrences of each text, not overlapping, in all files that are text. */
export const countPatterns = action(CountPatterns, async ({ area, patterns }, { folder, signal, log }): Promise<ActionResult> => {
  const paths = await listFiles(folder, area ?? '', signal);
  if (paths === undefined) return failed('ActionRefused', `area ${area}: the workspace has no such folder`);
  const found: readonly Found[] = patterns.map(({ name, text }) => ({ name, text, count: 0, places: [] }));
  for await (const { path, text } of readFiles(folder, paths, signal)) if (text !== undefined) for (const pattern of found) count(pattern, path, text);
  for (const { name, count: total } of found) log(`${name}: ${total}\n`);
  const sections = found.map(({ name, count: total, places }) => `## ${name}\n\n${total} in ${paths.length} files; the first ${places.length}:\n\n${table(['Place', 'Line'], places)}`);
  return succeeded(`counted ${found.length} texts in ${paths.length} files`, {
    observed: Object.fromEntries(found.map(({ name, count: total }) => [name, total])),
    artifacts: [textArtifact('patterns.md', 'text/markdown', `# Patterns\n\n${sections.join('\n\n')}\n`)],
  });
});

function count(found: Found, path: string, text: string): void {
  for (let at = text.indexOf(found.text); at !== -1; at = text.indexOf(found.text, at + found.text.length)) {
    found.count += 1;
    if (found.places.length < placesKept) found.places.push([`${path}:${countLines(text.slice(0, at + 1))}`, lineAt(text, at)]);
  }
}

function lineAt(text: string, at: number): string {
  const start = Math.max(text.lastIndexOf('\n', at - 1) + 1, at - excerptLength);
  const end = text.indexOf('\n', at);
  return text.slice(start, Math.min(end === -1 ? text.length : end, start + 2 * excerptLength)).trim();
}
