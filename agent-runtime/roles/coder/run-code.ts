// RunCode: runs JavaScript in the WebAssembly sandbox. What the code returns is its own claim; how it ended was measured.
import { RunCode } from '#api/intents.ts';
import type { Json, JsonObject } from '#api/v1alpha1/json.ts';
import { resultFault } from '#domain/task/limits.ts';
import type { Ending, RunResult } from '#sandbox/port.ts';
import { readOutput } from '#agent-runtime/execution/outputs.ts';
import { action, type ActionContext, type ActionResult, failed, succeeded, textArtifact } from '#agent-runtime/roles/action.ts';

const MiB = 1024 ** 2;
const lastWords = 300;

/** Runs the source, or the file that holds it; files that it changes are the output of the task. */
export const runCode = action(RunCode, async ({ timeoutSeconds = 30, memoryMiB = 64, ...params }, context) => {
  const found = await sourceOf(params, context);
  if (found.kind === 'refused') return failed('ActionRefused', found.message);
  const twice = Object.keys(params.input ?? {}).find((name) => Object.hasOwn(context.inputs, name));
  if (twice !== undefined) return failed('ActionRefused', `intent.params.input.${twice}: the task has an input of this name; rename one of them`);
  const run = await context.runCode({ source: found.source, input: { ...params.input, ...context.inputs }, wallMs: timeoutSeconds * 1000, memoryBytes: memoryMiB * MiB });
  const { value = '', ending, durationMs } = run;
  const observed = { durationMs: Math.round(durationMs), ending, valueBytes: Buffer.byteLength(value) };
  return ending === 'completed' ? claimOf(value, observed) : failed(ending === 'outputCap' ? 'OutputTooLarge' : 'ActionFailed', `the code ${verdicts[ending](run)}${wordsOf(run)}`, { observed });
});

type Source = { readonly kind: 'found'; readonly source: string } | { readonly kind: 'refused'; readonly message: string };

async function sourceOf({ source, file }: Pick<RunCode, 'source' | 'file'>, { folder }: ActionContext): Promise<Source> {
  if ((source === undefined) === (file === undefined)) return { kind: 'refused', message: 'intent.params.source: give exactly one of source and file' };
  if (source !== undefined) return { kind: 'found', source };
  const text = await readOutput([folder], file ?? '');
  return text === undefined ? { kind: 'refused', message: `intent.params.file: ${file} is not a plain file of the workspace` } : { kind: 'found', source: text };
}

/** An object is claimed as it is, anything else as `value`; what a status cannot hold is an artifact. */
function claimOf(text: string, observed: JsonObject): ActionResult {
  const value = parsed(text);
  if (value === undefined) return failed('ActionFailed', 'the code answered with something that is no JSON', { observed });
  const claimed = isObject(value) ? value : { value };
  const fault = resultFault(observed, claimed);
  if (fault === undefined) return succeeded(`the code returned ${Buffer.byteLength(text)} bytes`, { observed, claimed });
  return succeeded(`the code returned ${Buffer.byteLength(text)} bytes, kept as value.json (${fault})`, { observed, artifacts: [textArtifact('value.json', 'application/json', text)] });
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const failure = ({ message = 'it did not say why' }: RunResult) => `failed: ${message}`;
const refusal = ({ message = 'denied' }: RunResult) => `was not run: ${message}`;

const verdicts: Readonly<Record<Exclude<Ending, 'completed'>, (run: RunResult) => string>> = {
  failed: failure,
  timeout: ({ durationMs }) => `was killed: it still ran after ${Math.round(durationMs / 1000)} s; give it more timeoutSeconds`,
  outOfMemory: ({ message = 'it needed more memory than its limit' }) => `was killed: ${message}; give it more memoryMiB`,
  outputCap: ({ message = 'it printed more than is kept' }) => `was killed: ${message}`,
  denied: refusal,
  missingTool: refusal,
  aborted: () => 'was stopped',
};

function wordsOf({ stderr }: RunResult): string {
  const words = stderr.trim().slice(-lastWords);
  return words === '' ? '' : `; it last said: ${words}`;
}
