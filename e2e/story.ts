// What an end-to-end story is: a promise of the product, shown on a real Kubernetes.
import type { World } from '#testing/world.ts';

export interface Story {
  /** The promise, as a sentence. */
  readonly name: string;
  /** Runs it; throws when the promise is not kept. What it returns is printed beside the result. */
  readonly run: (world: World) => Promise<string | undefined>;
  /** Why it cannot run here, or undefined. */
  readonly skip?: () => string | undefined;
  /** Longest time, in seconds. */
  readonly limitSeconds: number;
}

/** One line of e2e/results/latest.json. */
export interface StoryResult {
  readonly story: string;
  readonly node: 'kubelet' | 'process';
  readonly result: 'passed' | 'failed' | 'skipped';
  readonly reason: string;
  readonly seconds: number;
}

/** Fails the story with this sentence unless the condition holds. */
export function must(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new Error(sentence);
}
