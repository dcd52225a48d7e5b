// edit_file for who writes tests: whatever else stands in the workspace is there to be tested, and stays as it is.
import { placeOf } from '#agent-runtime/thinking/files.ts';
import { type Tool, toolError } from '#agent-runtime/thinking/tool.ts';
import { editFileTool } from '#agent-runtime/thinking/tools/edit-file.ts';
import type { Workbench } from '#agent-runtime/thinking/workbench.ts';
import { isTestPath } from './paths.ts';

/** Changes or makes test files, and no others. */
export function editTestsTool(bench: Workbench): Tool {
  const edit = editFileTool(bench);
  return {
    ...edit,
    definition: { ...edit.definition, description: 'Replaces a text that occurs exactly once in a test file, or makes a new test file. Other files are refused.' },
    call: async (input) => (isRefused(input) ? toolError('path: is not the path of a test; tests lie in test, tests, __tests__ or spec, or are named like a.test.ts, a_test.go or test_a.py') : edit.call(input)),
  };
}

/** Judged by the same normal form that the edit uses; an input without a path is the edit's to refuse. */
function isRefused(input: unknown): boolean {
  const path: unknown = typeof input === 'object' && input !== null && 'path' in input ? input.path : undefined;
  const place = typeof path === 'string' ? placeOf(path) : undefined;
  return place?.kind === 'inside' && !isTestPath(place.path);
}
