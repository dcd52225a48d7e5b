// What node's test runner prints to people: `ℹ pass 3`, then every failing test once more below a heading.
import { classOfError, classOfLoad } from './classify.ts';
import { framesIn } from './frames.ts';
import { nodeCounts } from './node-summary.ts';
import { blocks, type Failure, failureOf, maxFailures, type Reader, reading } from './reading.ts';

/** Reads counts and failing tests. */
export const nodeSpec: Reader = ({ text }) => {
  // The end of TAP without its beginning counts as well: outputs are cut, and put through other tools.
  const counts = nodeCounts(text, 'ℹ') ?? nodeCounts(text, '#');
  if (counts === undefined) return undefined;
  const [before = '', ...after] = text.split(/^✖ failing tests:$/m);
  const items = blocks((after.at(-1) ?? '').split('\n'), (line) => /^test at (.+:\d+):\d+$/.exec(line)?.[1]);
  return reading(counts, items.slice(0, maxFailures).flatMap(({ head, body }) => failureAt(head, body, before)));
};

function failureAt(place: string, [title = '', ...body]: readonly string[], before: string): readonly Failure[] {
  const test = title.replace(/^✖ /, '').replace(/ \([\d.]+ms\)$/, '').replace(/ # .*$/, '');
  const text = body.join('\n');
  const [head = ''] = text.trim().split('\n', 1);
  const frames = framesIn(`${text}\n${place}`);
  if (/^'\d+ subtests? failed'$/.test(head)) return [];
  if (head === "'test failed'") return [fileFailure(test, before)];
  return [failureOf(classOfError(head.replace(/^'/, '')), head.replace(/^'(.*)'$/, '$1'), { test, frames })];
}

/** What a file said before it ended badly stands above its own line. */
function fileFailure(file: string, before: string): Failure {
  const lines = before.split('\n');
  const at = lines.findIndex((line) => line.startsWith(`✖ ${file}`));
  const start = lines.findLastIndex((line, index) => index < at && /^[✔✖﹣▶] /.test(line));
  const printed = lines.slice(start + 1, at === -1 ? undefined : at).join('\n');
  return failureOf(classOfLoad(printed.slice(-4000)), /^\w*Error\b.*$/m.exec(printed)?.[0] ?? 'the file ended with an exit code of its own', { test: file, file, frames: framesIn(printed) });
}
