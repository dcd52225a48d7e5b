// Label and field selectors as the API server understands them: equality, sets, presence.
import type { FakeObject } from './world.ts';

type Match = (object: FakeObject) => boolean;

/** A test for a label selector and a field selector; empty ones match everything. */
export function selectorOf(labelSelector: string | null, fieldSelector: string | null): Match {
  const all = [...split(labelSelector).map(labelMatch), ...split(fieldSelector).map(fieldMatch)];
  return (object) => all.every((match) => match(object));
}

/** Splits at commas outside of parentheses. */
function split(selector: string | null): string[] {
  return (selector ?? '').split(/,(?![^(]*\))/).map((part) => part.trim()).filter((part) => part !== '');
}

function labelMatch(requirement: string): Match {
  const set = /^(\S+)\s+(in|notin)\s+\((.*)\)$/.exec(requirement);
  if (set !== null) {
    const values = (set[3] ?? '').split(',').map((value) => value.trim());
    return (object) => values.includes(label(object, set[1]) ?? '') === (set[2] === 'in');
  }
  const equality = parseEquality(requirement);
  if (equality !== undefined) return (object) => (label(object, equality.name) === equality.value) === equality.wanted;
  if (requirement.startsWith('!')) return (object) => label(object, requirement.slice(1)) === undefined;
  return (object) => label(object, requirement) !== undefined;
}

function fieldMatch(requirement: string): Match {
  const equality = parseEquality(requirement);
  if (equality === undefined) throw new Error(`read field selector "${requirement}": only = and != are known`);
  return (object) => (fieldText(object, equality.name) === equality.value) === equality.wanted;
}

function parseEquality(requirement: string): { name: string; value: string; wanted: boolean } | undefined {
  const found = /^([^=!]+?)\s*(!=|==|=)\s*(.*)$/.exec(requirement);
  if (found === null) return undefined;
  return { name: found[1] ?? '', value: found[3] ?? '', wanted: found[2] !== '!=' };
}

function label(object: FakeObject, name: string | undefined): string | undefined {
  return object.metadata.labels?.[name ?? ''];
}

function fieldText(object: FakeObject, path: string): string {
  let value: unknown = object;
  for (const step of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[step];
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
