// A model that says what a script tells it to, and questions to ask.
import type { Mission } from '#api/v1alpha1/mission.ts';
import { aMission } from '#testing/builders/mission.ts';
import { aPool } from '#testing/builders/pool.ts';
import type { Model, ModelAnswer, ModelRequest, PlannerQuestion } from './planner.ts';

type Line = ModelAnswer | Error | ((signal: AbortSignal) => Promise<ModelAnswer>);

/** Says its lines one after the other and remembers what it was asked; a line too few is an error. */
export class ScriptedModel implements Model {
  readonly asked: ModelRequest[] = [];
  readonly #lines: Line[];
  inFlight = 0;
  mostInFlight = 0;

  constructor(...lines: readonly Line[]) {
    this.#lines = [...lines];
  }

  /** Adds lines to the end. */
  say(...lines: readonly Line[]): void {
    this.#lines.push(...lines);
  }

  async complete(request: ModelRequest, signal: AbortSignal): Promise<ModelAnswer> {
    this.asked.push(request);
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    try {
      const line = this.#lines.shift() ?? new Error('the script of the model has no further line');
      if (line instanceof Error) throw line;
      return typeof line === 'function' ? await line(signal) : line;
    } finally {
      this.inFlight -= 1;
    }
  }
}

/** An answer that cost 1,000 micro-USD. */
export function answer(text: string, stopReason = 'end_turn'): ModelAnswer & { readonly kind: 'answered' } {
  return { kind: 'answered', text, stopReason, model: 'a-model', usage: { inputTokens: 100, outputTokens: 20, cacheReadTokens: 30, cacheWriteTokens: 4, costMicroUsd: 1000 } };
}

/** A plan of one task named `survey`. */
export const goodPlan = answer(JSON.stringify({ summary: 'Looks.', tasks: [{ name: 'survey', type: 'Analyzer', intent: { action: 'AnalyzeCode' } }] }));

/** A plan of a task that waits for itself. */
export const badPlan = answer(JSON.stringify({ summary: 'Looks.', tasks: [{ name: 'survey', type: 'Analyzer', intent: { action: 'AnalyzeCode' }, dependsOn: ['survey'] }] }));

/** A mission with a goal that needs `survey`. */
export function plannedMission(name = 'm'): Mission {
  return aMission(name).spec({ planner: {} }).withGoal('seen', 'tasks["survey"].outcome == "Succeeded"').build();
}

/** Its question, while one pool of Analyzers serves the namespace. */
export function questionAbout(mission: Mission = plannedMission()): PlannerQuestion {
  const { namespace, name, uid } = mission.metadata;
  return { mission, pools: [aPool().build()], limits: { maxTasks: 100 }, account: { namespace, namespaceUid: 'ns-uid', mission: name, missionUid: uid, purpose: 'plan' } };
}
