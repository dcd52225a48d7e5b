// No file so long that nobody reads it to the end.
import type { SourceFile } from './sources.ts';

const maxLines = 400;
const maxTestLines = 600;

/** A sentence for each file over its limit: 400 lines, 600 for tests. */
export function lengthFaults(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.split('\n').length - 1;
    const limit = path.endsWith('.test.ts') ? maxTestLines : maxLines;
    return lines > limit ? [`${path} has ${lines} lines, the limit is ${limit}`] : [];
  });
}
