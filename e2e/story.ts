// What an end-to-end story is: a promise of the product, shown on a real Kubernetes.
import type { ModelServer } from '#testing/llm/server.ts';
import type { World } from '#testing/world.ts';

/** A cluster with everything installed, and the scripted provider of models behind its gateway. */
export interface StoryWorld extends World {
  readonly models: ModelServer;
}

export interface Story<W = StoryWorld> {
  /** The promise, as a sentence. */
  readonly name: string;
  /** Runs it; throws when the promise is not kept. What it returns is printed beside the result. */
  readonly run: (world: W) => Promise<string | undefined>;
  /** Why it cannot run here, or undefined. */
  readonly skip?: (world: W) => string | undefined;
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
