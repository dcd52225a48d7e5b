// Recorded runs of tests: what runners printed and wrote, under a header that says how such a run is to be read.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { TestAnswer } from './repositories.ts';

const Header = z.strictObject({
  framework: z.string(),
  command: z.string(),
  exitCode: z.int().optional(),
  ending: z.enum(['completed', 'failed', 'timeout', 'missingTool']),
  counts: TestAnswer.pick({ passed: true, failed: true, skipped: true }).optional(),
  failureClass: TestAnswer.shape.failureClass,
  failures: TestAnswer.shape.failures,
});

/** A run as it was recorded. Without `counts` it ended before anything was counted. */
export interface RecordedRun extends z.infer<typeof Header> {
  readonly name: string;
  readonly stdout: string;
  readonly stderr: string;
  /** What the runner wrote into the file of its report. */
  readonly report?: string;
}

const root = join(import.meta.dirname, 'outputs');

/** All recorded runs, by name. */
export async function readOutputs(): Promise<readonly RecordedRun[]> {
  const paths = (await readdir(root, { recursive: true })).filter((path) => path.endsWith('.txt')).toSorted();
  return Promise.all(paths.map(async (path) => recordedRun(path.slice(0, -'.txt'.length), await readFile(join(root, path), 'utf8'))));
}

function recordedRun(name: string, text: string): RecordedRun {
  const [header = '', ...rest] = text.split(/^=====\[ (\w+) \]=====\n/m);
  const sections = Object.fromEntries(Array.from({ length: rest.length / 2 }, (_, at) => [rest[at * 2] ?? '', rest[at * 2 + 1] ?? '']));
  const { stdout = '', stderr = '', report } = sections;
  return { name, ...Header.parse(parse(header)), stdout, stderr, ...(report === undefined ? {} : { report }) };
}
