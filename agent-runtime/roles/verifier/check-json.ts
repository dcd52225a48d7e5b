// Holds a document against a JSON Schema (draft 2020-12) and an expression. Both come from the user: they are given a second, no network and no code.
import { runInNewContext } from 'node:vm';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import type { Json, JsonObject } from '#api/v1alpha1/json.ts';
import { evaluateOverJson } from '#domain/expression/evaluate.ts';
import { messageOf } from '#platform/errors.ts';

/** A pattern can backtrack for hours, and while it does the agent is deaf. */
const longestMs = 1000;

export interface Demands {
  readonly schema: JsonObject | undefined;
  readonly expression: string | undefined;
  /** All faults are looked for; else the first alone. */
  readonly isSmall: boolean;
}

export type Checked = { readonly kind: 'checked'; readonly count: number; readonly first: string | undefined } | { readonly kind: 'refused'; readonly message: string };

export type Document = { readonly kind: 'json'; readonly value: Json } | { readonly kind: 'fault'; readonly fault: string };

/** The faults of a document; `refused` when the schema itself is wrong. */
export function checkJson(document: Document, { schema, expression, isSmall }: Demands): Checked {
  const validator = schema === undefined ? undefined : compile(schema, isSmall);
  if (validator?.kind === 'refused') return validator;
  if (document.kind === 'fault') return { kind: 'checked', count: 1, first: document.fault };
  const { value } = document;
  const bySchema = validator === undefined ? [] : inTime(() => validator.faultsOf(value));
  const byExpression = expression === undefined ? [] : inTime(() => expressionFaults(expression, value));
  const faults = [...bySchema, ...byExpression];
  return { kind: 'checked', count: faults.length, first: faults[0] };
}

type Compiled = { readonly kind: 'compiled'; readonly faultsOf: (value: Json) => readonly string[] } | { readonly kind: 'refused'; readonly message: string };

/** References lead nowhere outside of the schema, and formats are only words. */
function compile(schema: JsonObject, allErrors: boolean): Compiled {
  try {
    // Such a schema answers later, and whatever it answers then would be too late.
    if (schema['$async'] !== undefined) return { kind: 'refused', message: 'intent.params.schema: $async is not a word of JSON Schema; leave it out' };
    const ajv = new Ajv2020({ allErrors, strict: false, validateFormats: false, logger: false, addUsedSchema: false });
    const validate = ajv.compile(schema);
    return { kind: 'compiled', faultsOf: (value) => (validate(value) ? [] : (validate.errors ?? []).map(describe)) };
  } catch (error) {
    return { kind: 'refused', message: `intent.params.schema: ${messageOf(error)}` };
  }
}

function describe({ instancePath, message = 'is not valid', keyword, params }: ErrorObject): string {
  const detail = keyword === 'additionalProperties' || keyword === 'unevaluatedProperties' ? ` (${Object.values(params).join(', ')})` : '';
  return `${instancePath === '' ? 'the document' : instancePath} ${message}${detail}`;
}

function expressionFaults(expression: string, value: Json): readonly string[] {
  const answer = evaluateOverJson(expression, value);
  switch (answer.kind) {
    case 'true':
      return [];
    case 'false':
      return [`the expression is false: ${expression}`];
    case 'missing':
      return [`the expression reads ${answer.field}, which is not there`];
    case 'error':
      return [`the expression has no answer: ${answer.message}`];
  }
}

/** The faults that `work` finds, or that it did not end. */
function inTime(work: () => readonly string[]): readonly string[] {
  try {
    // Nothing is shut in here: a context of its own is how the engine is told to stop.
    return runInNewContext('work()', { work }, { timeout: longestMs }) as readonly string[];
  } catch (error) {
    return [`could not be checked: ${messageOf(error)}`];
  }
}
