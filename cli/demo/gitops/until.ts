// Waiting for what others do.
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from '../../failure.ts';

/** Asks until there is an answer; refuses after `seconds` with what was waited for and what was seen last. */
export async function until<T>(what: string, { seconds, signal, last = () => '' }: { readonly seconds: number; readonly signal: AbortSignal; readonly last?: () => string }, ask: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Refusal(`wait until ${what}: not so after ${seconds} s${last() === '' ? '' : `, but ${last()}`}`, 'run it again; if it repeats, the logs of Argo CD and of the operator say more');
    await sleep(100, undefined, { signal });
  }
}
