// WriteTests: lets a language model write tests. That only tests were changed and that they pass was measured; what they are worth is its own claim.
import { WriteTests } from '#api/intents.ts';
import { action, type ActionResult, failed, succeeded } from '#agent-runtime/roles/action.ts';
import { concluded, thinkAs, withPatch } from '#agent-runtime/roles/thinking-role.ts';
import type { Tool } from '#agent-runtime/thinking/tool.ts';
import { finishTool } from '#agent-runtime/thinking/tools/finish.ts';
import { listFilesTool } from '#agent-runtime/thinking/tools/list-files.ts';
import { readFileTool } from '#agent-runtime/thinking/tools/read-file.ts';
import { lookAroundTools } from '#agent-runtime/thinking/tools/look-around.ts';
import { readResultTool } from '#agent-runtime/thinking/tools/read-result.ts';
import { runTestsTool } from '#agent-runtime/thinking/tools/run-tests.ts';
import { searchTool } from '#agent-runtime/thinking/tools/search.ts';
import { shareable } from '#agent-runtime/thinking/transcript.ts';
import { Workbench } from '#agent-runtime/thinking/workbench.ts';
import { editTestsTool } from './write-tests/edit-tests.ts';
import { isTestPath } from './write-tests/paths.ts';
import { promptVersion, systemPrompt } from './write-tests/prompt.v1.ts';

const limits = { summary: 500, shownPaths: 5 } as const;

/** Fails unless the model finishes with tests that pass, and has changed test files and no others. */
export const writeTests = action(WriteTests, async ({ instructions, model, maxTurns = 30 }, context) => {
  const bench = new Workbench(context);
  const thought = await thinkAs({ action: 'WriteTests', system: systemPrompt, promptVersion, tools: testerTools(bench), wanted: instructions, modelName: model, maxTurns, state: () => bench.state() }, context);
  if (thought.kind === 'refused') return thought.result;
  // A diff takes a while: after a stop nobody waits for it.
  const patch = context.signal.aborted ? undefined : await context.files.diff();
  const changed = patch === undefined ? undefined : await context.files.changedNow();
  const report = { observed: { ...thought.observed, ...bench.tested, testFiles: (changed ?? []).filter(isTestPath).length }, artifacts: withPatch(thought.transcript, patch) };
  return concluded(thought.end, report, (summary) => judged(changed, bench, { ...report, claimed: { summary: shareable(summary, limits.summary) } }));
});

/** The tools of who writes tests. Their order is part of the prompt. */
export function testerTools(bench: Workbench): readonly Tool[] {
  return [...[listFilesTool, readFileTool, searchTool, readResultTool, editTestsTool, runTestsTool, finishTool].map((make) => make(bench)), ...lookAroundTools(bench)];
}

/** Tests run as they were written: what they did to the rest of the workspace shows only afterwards. */
function judged(changed: readonly string[] | undefined, bench: Workbench, report: Pick<ActionResult, 'observed' | 'claimed' | 'artifacts'>): ActionResult {
  if (changed === undefined) return failed('ActionFailed', 'the tests left files that may not be taken out of the sandbox', report);
  const others = changed.filter((path) => !isTestPath(path));
  if (others.length > 0) return failed('ActionFailed', `when the tests ran, files were changed that are no tests: ${shareable(others.slice(0, limits.shownPaths).join(', '), limits.summary)}`, report);
  if (changed.length === 0) return failed('ActionFailed', 'the model finished and wrote no test', report);
  if (bench.tests !== 'passed') return failed('ActionFailed', 'the model finished, but no test framework was recognised in the workspace, so its tests never ran', report);
  return succeeded(`the model wrote or changed ${changed.length} test files, and all tests pass`, report);
}
