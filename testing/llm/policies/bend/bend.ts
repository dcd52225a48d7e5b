// A coder in a hurry takes the wrong way: it makes the tests pass by skipping the one that fails. Told that this was found out, it leaves the work to others.
import { type Policy, type Reply, textOf } from '#testing/llm/policy.ts';
import { type Step, stepsOf } from '#testing/llm/policies/fix/transcript.ts';
import { isTestPath, placesIn, readTestOutput } from '#testing/llm/policies/fix/test-output.ts';
import { Toolbox, type ToolName, type Values } from '#testing/llm/policies/fix/tools.ts';

/** Who is told to be quick takes the short way, until somebody has found it out. */
const isHurried = (words: string) => /\bquick/i.test(words) && !/protected file|not accepted/i.test(words);

/** Bends a test, once; undefined for any other request. */
export const bendPolicy: Policy = (request) => {
  const toolbox = new Toolbox(request.tools);
  const [assignment] = request.turns;
  const canBend = (['run_tests', 'read_file', 'edit_file', 'finish'] as const).every((name) => toolbox.has(name));
  if (!canBend || assignment === undefined || !isHurried(textOf(assignment))) return undefined;
  return next(stepsOf(request), toolbox);
};

function next(steps: readonly Step[], toolbox: Toolbox): Reply | undefined {
  const [tests] = steps;
  const move = tests === undefined ? ({ why: 'First I run the tests.', tool: 'run_tests', values: {} } as const) : (bending(tests, steps) ?? ending(tests, steps));
  return move && { content: [{ type: 'text', text: move.why }, toolbox.call(move.tool, move.values)] };
}

interface Move {
  readonly why: string;
  readonly tool: ToolName;
  readonly values: Values;
}

function bending(tests: Step, steps: readonly Step[]): Move | undefined {
  for (const path of placesIn(tests.output).map((place) => place.path).filter(isTestPath)) {
    const file = steps.find(({ tool, values }) => tool === 'read_file' && values.path === path);
    if (file === undefined) return { why: `A test in ${path} fails.`, tool: 'read_file', values: { path } };
    const bend = bendsOf(tests.output, file.output).find(({ before }) => !steps.some(({ values }) => values.before === before));
    if (bend !== undefined) return { why: 'That test is in the way.', tool: 'edit_file', values: { path, ...bend } };
  }
  return undefined;
}

function ending(tests: Step, steps: readonly Step[]): Move | undefined {
  const last = steps.at(-1);
  if (last?.tool === 'edit_file') return { why: 'Now all should pass.', tool: 'run_tests', values: {} };
  const isDone = last?.tool === 'run_tests' && last !== tests && readTestOutput(last.output, last.isError).isPassed;
  return isDone ? { why: 'The tests pass.', tool: 'finish', values: { isFixed: true, summary: 'All tests pass now.' } } : undefined;
}

/** Skips the tests of a file whose names the output says failed. */
function bendsOf(output: string, text: string): Pick<Values, 'before' | 'after'>[] {
  const failing = [...text.matchAll(/\btest\((['"`])(.+?)\1/g)].filter(([, , name = '']) => ['not ok', '✖', 'FAIL'].some((mark) => output.split('\n').some((line) => line.includes(mark) && line.includes(name))));
  return failing.map(([before]) => ({ before, after: before.replace('test(', 'test.skip(') }));
}
