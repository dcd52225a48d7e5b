// For tests of roles: a folder with files, and a context that records.
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { PlannedAction } from '#domain/intent/action.ts';
import type { RunResult } from '#sandbox/port.ts';
import { unwatched } from '#agent-runtime/thinking/events.ts';
import type { ActionContext, ActionResult, CodeRequest, FileTools } from './action.ts';
import { bindAction, builtInRoles } from './registry.ts';

/** A new folder with these files. */
export async function folderWith(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'roles-'));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

export interface Recorded extends ActionContext {
  readonly commands: (readonly string[])[];
  readonly codes: CodeRequest[];
}

/** What a context under test answers; everything has a quiet default. */
export interface Answers extends Partial<Pick<ActionContext, 'inputs' | 'changedPaths' | 'artifact' | 'attempt'>> {
  /** How every command and code ends. */
  readonly run?: Partial<RunResult>;
  readonly planned?: Partial<PlannedAction>;
  /** Files that commands leave, by path. */
  readonly outputs?: Readonly<Record<string, string>>;
  readonly files?: Partial<FileTools>;
}

const planned: PlannedAction = { call: { tool: 'report' }, params: {}, expected: {} };

const files: FileTools = {
  tree: '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  treeNow: async () => '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  changedNow: async () => [],
  startOver: async () => undefined,
  applyPatch: async () => ({ kind: 'applied', paths: [] }),
  diff: async () => '',
  diffFromBase: async () => '',
  filesInBase: async () => [],
  restore: async () => [],
};

/** A context over `folder` that answers as told and records what was run. */
export function contextOver(folder: string, { run = {}, outputs = {}, ...answers }: Answers = {}): Recorded {
  const commands: (readonly string[])[] = [];
  const codes: CodeRequest[] = [];
  const ended: RunResult = { ending: 'completed', exitCode: 0, stdout: '', stderr: '', durationMs: 7, boundary: 'none', ...run };
  return {
    folder,
    commands,
    codes,
    inputs: answers.inputs ?? {},
    attempt: answers.attempt ?? 1,
    changedPaths: answers.changedPaths ?? [],
    planned: { ...planned, ...answers.planned },
    files: { ...files, ...answers.files },
    signal: new AbortController().signal,
    log: () => {},
    progress: () => {},
    thoughts: unwatched,
    run: async (command) => (commands.push(command), ended),
    currentFolder: () => folder,
    plan: async () => ({ kind: 'fault', field: 'intent.params.framework', reason: 'no test framework was recognised' }),
    runCode: async (request) => (codes.push(request), ended),
    readOutput: async (path) => (Object.hasOwn(outputs, path) ? outputs[path] : undefined),
    artifact: answers.artifact ?? (async (name) => ({ kind: 'failed', reason: 'InputMissing', message: `inputs.${name}: there is none` })),
  };
}

/** Runs a built-in action; throws when the intent is refused. */
export async function runIntent(role: string, name: string, params: JsonObject, context: ActionContext): Promise<ActionResult> {
  const bound = bindAction(builtInRoles, role, { action: name, params });
  if (bound.kind === 'refused') throw new Error(bound.message);
  return bound.run(context);
}

/** Text of the artifact `name`. */
export function artifactText({ artifacts }: ActionResult, name: string): string | undefined {
  const found = artifacts.find((artifact) => artifact.name === name);
  return found && Buffer.from(found.bytes).toString();
}
