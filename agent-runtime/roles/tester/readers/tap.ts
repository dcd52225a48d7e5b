// The Test Anything Protocol. Node's runner says in the diagnostics of a test how it failed, and counts at the end what is nested too.
import { classOfError, classOfLoad } from './classify.ts';
import { framesIn } from './frames.ts';
import { type Failure, type FailureKind, failureOf, linesUntil, maxFailures, type Reader, reading, type TestCounts } from './reading.ts';
import { nodeCounts } from './node-summary.ts';
import { yamlFields } from './yaml-lines.ts';

/** Characters kept of what was printed before a point. */
const keptOutput = 4096;

interface Point {
  readonly isOk: boolean;
  readonly isSkipped: boolean;
  readonly depth: number;
  /** With the names of the tests around it. */
  readonly name: string;
  readonly fields: ReadonlyMap<string, string>;
  /** What was printed since the point before: a file that cannot be loaded says why there. */
  readonly before: string;
}

/** Reads TAP on stdout, after a version or a plan. */
export const tap: Reader = ({ stdout }) => (/^(TAP version 1[34]|1\.\.\d+)/m.test(stdout) ? readTap(stdout) : undefined);

/** Reads a text that is TAP. */
export function readTap(text: string) {
  const points = pointsOf(text.split('\n'));
  const counts = nodeCounts(text, '#') ?? countsOf(points.filter(({ depth }) => depth === 0));
  return reading(counts, [...points.filter(hasFailed).slice(0, maxFailures).map(failureAt), ...brokenOff(text, points)]);
}

/** A group fails by what is in it, and that is told by itself. */
function hasFailed({ isOk, isSkipped, fields }: Point): boolean {
  return !isOk && !isSkipped && fields.get('failureType') !== 'subtestsFailed';
}

function countsOf(points: readonly Point[]): TestCounts {
  const skipped = points.filter(({ isSkipped }) => isSkipped).length;
  const passed = points.filter(({ isSkipped, isOk }) => !isSkipped && isOk).length;
  return { passed, failed: points.length - passed - skipped, skipped };
}

const pointLine = /^( *)(not )?ok\b(?: \d+)?(?: -)? ?(.*)$/;

function pointsOf(lines: readonly string[]): readonly Point[] {
  const points: Point[] = [];
  const around: string[] = [];
  let printed: string[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const subtest = /^( *)# Subtest: (.*)$/.exec(line);
    if (subtest !== null) around[depthOf(subtest[1])] = subtest[2] ?? '';
    else if (line.startsWith('# ')) printed.push(line.slice(2));
    const match = pointLine.exec(line);
    if (match === null) continue;
    const block = yamlAfter(lines, at);
    points.push(pointOf(match, around, { fields: yamlFields(block), before: printed.join('\n').slice(-keptOutput) }));
    printed = [];
    at += block.length === 0 ? 0 : block.length + 2;
  }
  return points;
}

function pointOf([, indent = '', not, rest = '']: RegExpExecArray, around: readonly string[], more: Pick<Point, 'fields' | 'before'>): Point {
  const depth = depthOf(indent);
  const [title = '', directive = ''] = rest.split(/(?<!\\)# ?(?=SKIP|TODO|skip|todo|time=)/, 2);
  const name = [...around.slice(0, depth), title.trim()].join(' > ');
  return { isOk: not === undefined, isSkipped: /^(?:SKIP|TODO)/i.test(directive), depth, name, ...more };
}

/** Nested tests are indented by four spaces; whatever is indented is not at the top. */
function depthOf(indent = ''): number {
  return Math.ceil(indent.length / 4);
}

function yamlAfter(lines: readonly string[], at: number): readonly string[] {
  if ((lines[at + 1] ?? '').trim() !== '---') return [];
  const block = linesUntil(lines, at + 2, (line) => line.trim() === '...');
  return (lines[at + 2 + block.length] ?? '').trim() === '...' ? block : [];
}

/** Kinds that node's runner tells itself; the rest is told by the error. */
const nodeKinds: Readonly<Record<string, FailureKind>> = { testTimeoutFailure: 'timeout', hookFailed: 'error', cancelledByParent: 'error', testAborted: 'error', uncaughtException: 'error', unhandledRejection: 'error' };

function failureAt({ name, fields, before }: Point): Failure {
  const field = (key: string) => fields.get(key) ?? '';
  const type = field('failureType');
  const frames = framesIn([field('stack'), field('at'), field('location')].join('\n'));
  if (type === 'testCodeFailure' && field('exitCode') + field('signal') !== '') return fileFailure(name, field('signal'), before);
  const message = field('error') || field('message') || name;
  return failureOf(nodeKinds[type] ?? kindOf(fields), message, { test: name, frames });
}

/** A file whose process ended badly before its tests did. */
function fileFailure(name: string, signal: string, before: string): Failure {
  const words = /^\w*Error\b.*$/m.exec(before)?.[0];
  const kind = signal === '' ? classOfLoad(before) : 'crash';
  const message = signal === '' ? (words ?? 'the file ended with an exit code of its own') : `the process of the file was ended by ${signal}`;
  return failureOf(kind, message, { test: name, file: name, frames: framesIn(before) });
}

function kindOf(fields: ReadonlyMap<string, string>): FailureKind {
  const [name = '', code = '', error = ''] = ['name', 'code', 'error'].map((key) => fields.get(key));
  if (code === 'ERR_ASSERTION' || /^\w*AssertionError/.test(name)) return 'assertion';
  const kind = classOfError(error.replace(/^name: "?/, ''));
  if (kind !== 'error') return kind;
  // A point that only says "not ok", or what was wanted, is an assertion; one with a type of error is that.
  return name === '' && !/Error\b/.test(error) && fields.get('operator') !== 'error' ? 'assertion' : 'error';
}

function brokenOff(text: string, points: readonly Point[]): readonly Failure[] {
  const bail = /^Bail out!(.*)$/m.exec(text)?.[1];
  if (bail !== undefined) return [failureOf('error', `the run was given up:${bail}`)];
  const planned = Number([...text.matchAll(/^1\.\.(\d+)/gm)].at(-1)?.[1] ?? 0);
  const ran = points.filter(({ depth }) => depth === 0).length;
  return planned > ran ? [failureOf('error', `${planned} tests were planned, and only ${ran} ended`)] : [];
}
