// docs/reference/intents.md: what the built-in roles can be asked for, from the schemas that every mission is checked against.
import { z } from 'zod';
import { intents, type IntentDefinition } from '#api/intents.ts';
import { type GeneratedFile, referencePage } from './output.ts';
import { fieldTable } from './reference.ts';
import type { StructuralSchema } from './structural.ts';

/** docs/reference/intents.md. */
export function intentFiles(): GeneratedFile[] {
  const roles: Readonly<Record<string, Readonly<Record<string, IntentDefinition>>>> = intents;
  const sections = Object.entries(roles).flatMap(([role, actions]) => [`## ${role}`, ...Object.entries(actions).flatMap(([action, definition]) => intentSection(action, definition))]);
  const page = referencePage('intents', 'api/intents.ts', [
    '# Intents',
    'What a task may ask of an agent: `spec.intent.action` and `spec.intent.params`, by the role in `spec.type`. Roles that an image of yours provides have intents of their own.',
    ...sections,
  ]);
  return [page];
}

function intentSection(action: string, { description, params }: IntentDefinition): string[] {
  // These never become a CRD, so any JSON Schema will do; the fields that the table reads are the same.
  const schema = z.toJSONSchema(params, { target: 'openapi-3.0', io: 'input' }) as unknown as StructuralSchema;
  return [`### ${action}`, description, fieldTable(schema, 'params')];
}
