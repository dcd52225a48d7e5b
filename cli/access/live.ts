// Progress and reasons to wait, kept current while somebody looks on. The tree does without them when the operator cannot be reached.
import { delay, type Clock } from '#platform/clock.ts';
import type { LiveFacts } from '../tree/follow.ts';
import type { LiveTask } from '../tree/model.ts';
import type { Operator } from './operator.ts';

const pauseMs = 2000;

/** Follows a mission until `signal` aborts; failures empty the facts and are tried again. */
export function liveFacts(operator: Pick<Operator, 'progress' | 'explain'>, mission: string, { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal }): LiveFacts {
  const listeners = new Set<() => void>();
  const running = new Map<string, LiveTask>();
  let waits = new Map<string, string>();
  const changed = () => {
    for (const listener of listeners) listener();
  };
  const followOnce = async () => {
    for await (const { task, state, agent, percent, message } of operator.progress(mission, signal)) {
      if (task !== '') running.set(task, { state, agent, percent, message });
      changed();
    }
  };
  const askOnce = async () => {
    const answers = await operator.explain(mission);
    // What a task waits for in the graph is known here already, and newer.
    waits = new Map(answers.filter(({ reason }) => reason !== 'WaitingForDependencies').map(({ task, reason, message }) => [task, message === '' ? reason : message]));
    changed();
  };
  void repeat(followOnce, () => running.clear(), { clock, signal });
  void repeat(askOnce, () => waits.clear(), { clock, signal });
  return {
    current: () => new Map([...[...waits].map(([task, wait]): [string, LiveTask] => [task, { wait }]), ...running]),
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

async function repeat(once: () => Promise<void>, onFailure: () => void, { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal }): Promise<void> {
  while (!signal.aborted) {
    try {
      await once();
    } catch {
      // The picture without live facts is complete, only less detailed; the next try may bring them back.
      onFailure();
    }
    await delay(clock, pauseMs, signal);
  }
}
