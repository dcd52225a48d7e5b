// Whose files a check or an output is about, when the user did not say, and through whose hands those files went.
import { intents, type IntentDefinition } from '#api/intents.ts';
import type { MissionTask } from '#api/v1alpha1/mission.ts';

/** What is asked of a task here. */
export type SourceTask = Pick<MissionTask, 'name' | 'type' | 'intent' | 'workspaceFrom'>;

/** `workspace`: no task changes files. `several`: the user has to choose. */
export type DefaultSource = { readonly kind: 'workspace' } | { readonly kind: 'task'; readonly name: string } | { readonly kind: 'several'; readonly names: readonly string[] };

/** The task whose changed files no other task goes on from. */
export function defaultSource(tasks: readonly SourceTask[]): DefaultSource {
  const startedFrom = new Set(tasks.map(({ workspaceFrom }) => workspaceFrom));
  const producers = tasks.filter((task) => changesFiles(task) || startedFrom.has(task.name));
  const continued = new Set(producers.map(({ workspaceFrom }) => workspaceFrom));
  const [first, ...others] = producers.map(({ name }) => name).filter((name) => !continued.has(name));
  if (first === undefined) return { kind: 'workspace' };
  return others.length === 0 ? { kind: 'task', name: first } : { kind: 'several', names: [first, ...others] };
}

/** True when changed files are what the intent is for; of roles that are not built in nobody knows. */
function changesFiles({ type, intent }: SourceTask): boolean {
  const roles = new Map<string, Readonly<Record<string, IntentDefinition>>>(Object.entries(intents));
  return new Map(Object.entries(roles.get(type) ?? {})).get(intent.action)?.changesFiles === true;
}

/** A task, the one it started from, and so on: everyone whose work lies in its files. */
export function lineage(name: string, tasks: readonly Pick<SourceTask, 'name' | 'workspaceFrom'>[]): string[] {
  const from = new Map(tasks.map((task) => [task.name, task.workspaceFrom]));
  const line = new Set<string>();
  for (let at: string | undefined = name; at !== undefined && !line.has(at); at = from.get(at)) line.add(at);
  return [...line];
}
