// Runs stories one after the other, says a line for each, and keeps the results of both nodes in one file.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Story, StoryResult } from './story.ts';
import { messageOf } from '#platform/errors.ts';
import { root } from '#testing/world.ts';

type Node = StoryResult['node'];
type Say = (line: string) => void;

/** Stories whose name holds one of these parts, all of them when there are none. Undefined when there is no such story, which was said. */
export function chosen<W>(stories: readonly Story<W>[], parts: readonly string[], say: Say): readonly Story<W>[] | undefined {
  const found = stories.filter(({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)));
  if (found.length > 0) return found;
  say(`no story is called ${parts.join(' or ')}; there are:\n${stories.map(({ name }) => `  ${name}`).join('\n')}`);
  return undefined;
}

/** Where stories run, and who is told. */
export interface Stage<W> {
  readonly world: W;
  readonly node: Node;
  readonly say: Say;
}

/** Runs stories until all are done, or `isLast` says of a result that it was the last one, and closes their world: also at Ctrl-C, which ends the process. */
export async function runStories<W>(stories: readonly Story<W>[], { world, node, say }: Stage<W>, close: () => Promise<unknown>, isLast: (result: StoryResult) => boolean = () => false): Promise<readonly StoryResult[]> {
  let closing: Promise<unknown> | undefined;
  const closeOnce = () => (closing ??= close());
  const stop = (): void => void closeOnce().finally(() => process.exit(130));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  // What fails while its world is closed says nothing about the product.
  const stage = { world, node, say: (line: string) => (closing === undefined ? say(line) : undefined) };
  const done: StoryResult[] = [];
  try {
    for (const story of stories) {
      const result = await runStory(story, stage);
      done.push(result);
      if (closing !== undefined || isLast(result)) break;
    }
  } finally {
    await closeOnce();
  }
  return done;
}

/** Runs one story to its end; its failure is a result. */
async function runStory<W>(story: Story<W>, { world, node, say }: Stage<W>): Promise<StoryResult> {
  const base = { story: story.name, node } as const;
  const reason = story.skip?.(world);
  if (reason !== undefined) return skipped(base, reason, say);
  const began = performance.now();
  const seconds = () => Math.round((performance.now() - began) / 100) / 10;
  try {
    const note = await within(story.limitSeconds, story.run(world));
    say(`passed   ${story.name} (${seconds()} s)${note === undefined ? '' : `\n${note.replaceAll(/^/gm, '         ')}`}`);
    return { ...base, result: 'passed', reason: note ?? '', seconds: seconds() };
  } catch (error) {
    say(`FAILED   ${story.name} (${seconds()} s): ${messageOf(error)}`);
    return { ...base, result: 'failed', reason: messageOf(error), seconds: seconds() };
  }
}

/** A story that cannot run here, said aloud. */
export function skipped(base: Pick<StoryResult, 'story' | 'node'>, reason: string, say: Say): StoryResult {
  say(`skipped  ${base.story}: ${reason}`);
  return { ...base, result: 'skipped', reason, seconds: 0 };
}

function within<T>(limitSeconds: number, work: Promise<T>): Promise<T> {
  const limit = new Promise<never>((_, reject) => setTimeout(() => reject(new Error(`not done after ${limitSeconds} s`)), limitSeconds * 1000).unref());
  return Promise.race([work, limit]);
}

/** Writes results in the place of those that the same stories had before, forgets stories of this node that are no more, and sums up; gives the exit code. */
export async function conclude(stories: readonly { readonly name: string }[], { node, results }: { readonly node: Node; readonly results: readonly StoryResult[] }, say: Say): Promise<number> {
  const file = join(root, 'e2e', 'results', 'latest.json');
  const before = JSON.parse(await readFile(file, 'utf8').catch(() => '[]')) as readonly StoryResult[];
  const others = before.filter((one) => one.node !== node);
  const lines = stories.flatMap(({ name }) => results.find(({ story }) => story === name) ?? before.find((one) => one.node === node && one.story === name) ?? []);
  await mkdir(join(root, 'e2e', 'results'), { recursive: true });
  await writeFile(file, `${JSON.stringify([...others, ...lines], undefined, 2)}\n`);
  const count = (result: StoryResult['result']) => results.filter((one) => one.result === result).length;
  say(`e2e: ${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
  return count('failed') === 0 ? 0 : 1;
}
