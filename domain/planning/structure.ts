// What the API server would refuse or silently drop, and a zod object lets pass: unknown fields, and lists that are sets or maps.
import { MissionTask } from '#api/v1alpha1/mission.ts';
import { describePath } from '#domain/intent/validate.ts';

/** As much of a JSON Schema as is asked here. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly maxItems?: number;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
}

type Path = readonly PropertyKey[];

const taskSchema = MissionTask.toJSONSchema({ io: 'input' }) as Schema;
const shownLength = 63;

/** A task of a plan, or all that is wrong with its form, each told with its path (`tasks[2].dependsOn[0]: …`). */
export type ReadTask = { readonly kind: 'task'; readonly task: MissionTask } | { readonly kind: 'faults'; readonly faults: readonly string[] };

/** Reads tasks[index] as strictly as the API server would, and without dropping what it does not know. */
export function readTask(value: unknown, index: number): ReadTask {
  const path = ['tasks', index];
  const { data, error } = MissionTask.safeParse(value);
  const issues = (error?.issues ?? []).map((issue) => told([...path, ...issue.path], issue.message));
  const faults = [...strayFaults(value, taskSchema, path), ...issues];
  return data === undefined || faults.length > 0 ? { kind: 'faults', faults } : { kind: 'task', task: data };
}

function told(path: Path, message: string): string {
  return `${describePath(path).slice(1)}: ${message}`;
}

function strayFaults(value: unknown, schema: Schema, path: Path): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (!Array.isArray(value)) return fieldFaults(value, schema, path);
  const { items, maxItems = value.length } = schema;
  // Said once, by the schema itself.
  if (value.length > maxItems) return [];
  return [...twinFaults(value, schema, path), ...(items === undefined ? [] : value.flatMap((item, index) => strayFaults(item, items, [...path, index])))];
}

/** Objects without named fields are free-form. */
function fieldFaults(value: object, { properties }: Schema, path: Path): string[] {
  if (properties === undefined) return [];
  return Object.entries(value).flatMap(([key, field]) => {
    const schema = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (schema !== undefined) return strayFaults(field, schema, [...path, key]);
    return [told([...path, key.slice(0, shownLength)], `there is no such field; there are ${Object.keys(properties).join(', ')}`)];
  });
}

function twinFaults(items: readonly unknown[], schema: Schema, path: Path): string[] {
  const keys = schema['x-kubernetes-list-map-keys'];
  const isKeyed = keys !== undefined || schema['x-kubernetes-list-type'] === 'set';
  if (!isKeyed) return [];
  const first = new Map<string, number>();
  return items.flatMap((item, index) => {
    const mark = JSON.stringify(keys === undefined ? item : keys.map((key) => fieldOf(item, key)));
    const twin = first.get(mark);
    if (twin !== undefined) return [told([...path, index], `is the same as ${describePath([...path, twin]).slice(1)}`)];
    first.set(mark, index);
    return [];
  });
}

function fieldOf(item: unknown, key: string): unknown {
  return typeof item === 'object' && item !== null ? new Map(Object.entries(item)).get(key) : undefined;
}
