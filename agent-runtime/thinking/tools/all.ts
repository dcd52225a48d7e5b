// The tools of a Coder. Their order is part of the prompt: it is the same for every task, and what only some may do comes last.
import type { Tool } from '#agent-runtime/thinking/tool.ts';
import type { Workbench } from '#agent-runtime/thinking/workbench.ts';
import { editFileTool } from './edit-file.ts';
import { finishTool } from './finish.ts';
import { listFilesTool } from './list-files.ts';
import { lookAroundTools } from './look-around.ts';
import { readFileTool } from './read-file.ts';
import { readResultTool } from './read-result.ts';
import { runCodeTool } from './run-code.ts';
import { runCommandTool } from './run-command.ts';
import { runTestsTool } from './run-tests.ts';
import { searchTool } from './search.ts';

/** Names of all tools that any role has: what a tool policy may speak of. */
export const toolNames: readonly string[] = ['list_files', 'read_file', 'search', 'read_result', 'look_around', 'run_code', 'edit_file', 'run_tests', 'run_command', 'record_finding', 'finish'];

/** What a Coder may do; programs only where the task allows them. */
export function coderTools(bench: Workbench, allowCommands: boolean): readonly Tool[] {
  const always = [listFilesTool, readFileTool, searchTool, readResultTool, runCodeTool, editFileTool, runTestsTool, finishTool];
  return [...(allowCommands ? [...always, runCommandTool] : always).map((make) => make(bench)), ...lookAroundTools(bench)];
}
