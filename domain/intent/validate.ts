// Checks intents when they are applied, so that a wrong parameter is told to its writer and not to an agent.
import { intents, type IntentDefinition } from '#api/intents.ts';
import { jsonFault } from '#api/v1alpha1/json.ts';
import type { TaskSpec } from '#api/v1alpha1/task.ts';

const maxParamsBytes = 4096;

/** What is wrong with the intent of a task, told with its field (`tasks[0].intent`), or undefined. Roles that are not built in know their own actions. */
export function intentFault(type: string, { action, params = {} }: TaskSpec['intent'], field: string): string | undefined {
  const size = jsonFault(params, `${field}.params`, maxParamsBytes);
  if (size !== undefined) return size;
  const actions = new Map<string, Readonly<Record<string, IntentDefinition>>>(Object.entries(intents)).get(type);
  if (actions === undefined) return undefined;
  const definition = new Map(Object.entries(actions)).get(action);
  if (definition === undefined) return `${field}.action: ${unknownAction(type, action, actions)}`;
  const { error } = definition.params.safeParse(params);
  const issue = error?.issues[0];
  return issue && `${field}.params${describePath(issue.path)}: ${issue.message.slice(0, 200)}`;
}

/** Why a role cannot be asked for `action`. */
export function unknownAction(type: string, action: string, actions: object): string {
  return `${type} does not know ${action}; it knows ${Object.keys(actions).join(', ')}`;
}

/** A path of keys as people write it: `.patterns[0].name`. */
export function describePath(path: readonly PropertyKey[]): string {
  return path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
}
