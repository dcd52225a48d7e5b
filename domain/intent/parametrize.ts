// The parametrization engine: an intent, what is known of the workspace and of the past become one concrete call with an expectation. Pure and total.
import type { BuiltInRole, intents } from '#api/intents.ts';
import type { Intent } from '#api/v1alpha1/task.ts';
import type { PlannedAction } from './action.ts';
import { analyzerBindings } from './analyzer.ts';
import type { Bind, Binding, Fault, Situation } from './binding.ts';
import { coderBindings } from './coder.ts';
import { testerBindings } from './tester.ts';
import { unknownAction } from './validate.ts';

/** A run may take five times as long as usual, and 10 s whatever is usual: start-up alone varies by seconds. */
const patience = { factor: 5, leastSeconds: 10 } as const;

/** What is asked, and all that is known when it is. */
export interface Question extends Situation {
  /** Role of the task. */
  readonly type: string;
  readonly intent: Intent;
  /** Median run time of what is alike, in seconds; 0 or absent when nothing alike ever ran. */
  readonly pastSeconds?: number | undefined;
}

/** A call that can be made, or what is wrong with the intent here. */
export type Parametrized = { readonly kind: 'action'; readonly action: PlannedAction } | Fault;

/** Turns an intent into a call. The field of a fault is told below the task's spec: `intent.params.framework`. */
export function parametrize({ type, intent, facts, inputs, pastSeconds = 0 }: Question): Parametrized {
  const bound = bind(type, intent, { facts, inputs });
  if (bound.kind === 'fault') return bound;
  const { kind: _, ...action } = bound;
  if (!(pastSeconds > 0)) return { kind: 'action', action };
  const withinSeconds = Math.ceil(Math.max(patience.leastSeconds, patience.factor * pastSeconds));
  return { kind: 'action', action: { ...action, expectedSeconds: pastSeconds, expected: { ...action.expected, withinSeconds } } };
}

/** Every intent of the catalogue; the type holds it to that. */
const bindings: { readonly [R in BuiltInRole]: Readonly<Record<keyof (typeof intents)[R], Bind>> } = {
  Analyzer: analyzerBindings,
  Coder: coderBindings,
  Tester: testerBindings,
};

function bind(type: string, { action, params = {} }: Intent, situation: Situation): Binding | Fault {
  const actions = new Map<string, Readonly<Record<string, Bind>>>(Object.entries(bindings)).get(type);
  if (actions === undefined) return { kind: 'bound', call: { tool: 'custom', name: action.toLowerCase() }, params, expected: {} };
  const found = new Map(Object.entries(actions)).get(action);
  return found?.(params, situation) ?? { kind: 'fault', field: 'intent.action', reason: unknownAction(type, action, actions) };
}
