// An expectation in words, as people read it in the log and status of a task.
import { plainText } from '#domain/conditions.ts';
import type { ExpectedState } from './state.ts';

const sentenceLength = 256;
const namesShown = 5;

/** One sentence for each part of an expectation, in a fixed order; none when nothing is expected. */
export function describeExpectation({ program, exitCode, tests, files, paths, artifacts, claims, withinSeconds }: ExpectedState): string[] {
  const sentences = [
    program === undefined ? undefined : `${program} is installed`,
    exitCode === undefined ? undefined : `the command ends with ${exitCode}`,
    tests === undefined ? undefined : 'all tests pass',
    files === undefined ? undefined : describeFiles(files, paths),
    artifacts === undefined || artifacts.length === 0 ? undefined : `there is ${listed(artifacts)}`,
    claims === undefined ? undefined : 'what a model says of it is its opinion',
    withinSeconds === undefined ? undefined : `it ends within ${withinSeconds} s`,
  ];
  return sentences.filter((sentence) => sentence !== undefined).map((sentence) => plainText(sentence, sentenceLength));
}

function describeFiles(files: 'unchanged' | 'changed', paths: readonly string[] | undefined): string {
  if (files === 'unchanged') return 'no file changes';
  return paths === undefined ? 'at least one file changes' : `${listed(paths)} ${paths.length === 1 ? 'changes' : 'change'}, and no other file`;
}

/** `a, b and 7 more`: the first five of some names. */
export function listed(names: readonly string[]): string {
  const rest = names.length - namesShown;
  return rest > 0 ? `${names.slice(0, namesShown).join(', ')} and ${rest} more` : names.join(', ');
}
