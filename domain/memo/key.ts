// When two tasks ask the same: what is asked, of which files and inputs. Names, missions, runs and limits do not count.
import type { Artifact } from '#api/v1alpha1/schema.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { TaskSpec } from '#api/v1alpha1/task.ts';
import { canonicalJson, sha256Hex } from '#domain/digest.ts';
import { pushAction } from '#domain/planning/offers.ts';
import type { Start } from './start.ts';

/** Raised when a key comes to mean something else, so that no key of before fits any more. */
const formatVersion = 1;

/** True for a task whose result says all that it did: one without effects outside that checks nobody's work. Goals are checked anew each time. */
export function isRepeatable({ sideEffects, verifies, intent }: Pick<TaskSpec, 'sideEffects' | 'verifies' | 'intent'>): boolean {
  return sideEffects === 'None' && verifies === undefined && intent.action !== pushAction;
}

/** Key of what a task asks, as hex: equal keys, equal questions. `inputs` holds every input by its name. */
export function memoKey(spec: TaskSpec, inputs: JsonObject, start: Start): string {
  const { type, intent, capabilities, toolPolicy, modelPolicy, workspace } = spec;
  return sha256Hex(
    canonicalJson({
      formatVersion,
      type,
      action: intent.action,
      params: intent.params ?? {},
      capabilities: capabilities.toSorted(),
      toolPolicy: { allow: toolPolicy?.allow?.toSorted(), deny: toolPolicy?.deny?.toSorted() },
      modelPolicy: modelPolicy ?? {},
      inputs: Object.fromEntries(spec.inputs.map(({ name, field }) => [name, field.startsWith('artifacts.') ? contentOf(inputs[name]) : { value: inputs[name] }])),
      folder: workspace?.git?.subPath ?? '',
      start,
    }),
  );
}

/** An artifact without the place where it lies, which is another one for each owner. */
function contentOf(value: JsonObject[string] | undefined): Pick<Artifact, 'name' | 'sha256' | 'mediaType'> {
  const { name, sha256, mediaType } = value as Artifact;
  return { name, sha256, mediaType };
}
