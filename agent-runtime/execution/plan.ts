// What is decided before an action runs: the tool call, and what is expected of it. It is recorded first, so that a result cannot bend it.
import type { ActionRecord } from '#api/v1alpha1/task.ts';
import { plainText } from '#domain/conditions.ts';
import { describeExpectation } from '#domain/consistency/describe.ts';
import type { PlannedAction, WorkspaceFacts } from '#domain/intent/action.ts';
import { parametrize } from '#domain/intent/parametrize.ts';
import type { Order } from '#agent-runtime/order.ts';

const maxToolLength = 63;

/** A planned action with the record of it, or what is wrong with the intent in this workspace. */
export type Plan = { readonly kind: 'planned'; readonly planned: PlannedAction; readonly record: ActionRecord } | { readonly kind: 'refused'; readonly message: string };

/** Turns the intent of an order into a call, by what is known of the files. */
export function planAction({ spec: { type, intent }, inputs, pastSeconds }: Order, facts: WorkspaceFacts): Plan {
  const answer = parametrize({ type, intent, inputs, pastSeconds, facts });
  if (answer.kind === 'fault') return { kind: 'refused', message: `${answer.field}: ${answer.reason}` };
  return { kind: 'planned', planned: answer.action, record: recordOf(answer.action) };
}

function recordOf({ call, framework, expectedSeconds, expected }: PlannedAction): ActionRecord {
  const tool = plainText(framework ?? toolName(call), maxToolLength);
  return { tool, ...(expectedSeconds === undefined ? {} : { expectedSeconds: Math.round(expectedSeconds) }), expected: describeExpectation(expected) };
}

function toolName(call: PlannedAction['call']): string {
  if (call.tool === 'process') return call.program;
  return call.tool === 'custom' ? call.name : call.tool;
}
