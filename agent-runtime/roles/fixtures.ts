// For tests of roles: a folder with files, and a context that records.
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { RunResult } from '#sandbox/port.ts';
import type { ActionContext, ActionResult } from './action.ts';
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
}

/** A context over `folder` in which every command ends as `run` says. */
export function contextOver(folder: string, { run = {}, inputs = {} }: { readonly run?: Partial<RunResult>; readonly inputs?: JsonObject } = {}): Recorded {
  const commands: (readonly string[])[] = [];
  return {
    folder,
    inputs,
    commands,
    signal: new AbortController().signal,
    log: () => {},
    progress: () => {},
    run: async (command) => {
      commands.push(command);
      return { ending: 'completed', exitCode: 0, stdout: '', stderr: '', durationMs: 7, boundary: 'none', ...run };
    },
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
