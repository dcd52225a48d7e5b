// The memory as the planner knows it: asked of the mirror, and gone on without when nobody answers in time.
import { type Lesson, mostLessons, RecalledLesson } from '#api/memory.ts';
import type { Clock } from '#platform/clock.ts';
import type { Recalled } from '#platform/rpc/memory-client.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Memory } from './planner.ts';

export interface MirrorMemoryParts {
  /** Never rejects. */
  readonly ask: (namespace: string, text: string, most: number, signal: AbortSignal) => Promise<Recalled>;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Log;
}

/** Longest time that a plan may wait for lessons. */
const patienceMs = 2000;

/** The memory of the mirror. What it says is checked: a lesson of a form that nobody knows is left out. */
export function createMirrorMemory({ ask, clock, log }: MirrorMemoryParts): Memory {
  return {
    async recall(namespace, text, signal) {
      const late = new AbortController();
      let cancel = (): void => {};
      const silence = new Promise<Recalled>((resolve) => {
        cancel = clock.after(patienceMs, () => resolve({ kind: 'lost', message: `no answer within ${patienceMs / 1000} s` }));
      });
      const answer = await Promise.race([ask(namespace, text, mostLessons, AbortSignal.any([signal, late.signal])), silence]);
      cancel();
      late.abort();
      if (answer.kind === 'told') return lessonsIn(answer.lessonsJson);
      log.warn('a plan is made without lessons', { namespace, fault: answer.kind === 'none' ? 'there is no mirror' : answer.message });
      return [];
    },
  };
}

function lessonsIn(texts: readonly string[]): readonly Lesson[] {
  return texts.flatMap((text) => RecalledLesson.safeParse(parsed(text)).data?.lesson ?? []).slice(0, mostLessons);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
