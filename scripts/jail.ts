// The jail as the set-up of demo, e2e, bench and images needs it: built once, beside the bundle of the agent, and its absence never overlooked.
import { join, relative } from 'node:path';
import { buildNative } from '#sandbox/jail/native/build.ts';

/** Builds the jail of the checkout at `root` as `program`, and tells what it did unless there was nothing to do. */
export async function buildJail(root: string, program: string): Promise<void> {
  const started = performance.now();
  const build = await buildNative(join(root, 'sandbox', 'jail', 'native'), program);
  if (build.kind === 'skipped') console.error(`NO JAIL  ${build.message}`);
  if (build.kind === 'built') console.log(`built    ${relative(process.cwd(), program)}  ${Math.round(performance.now() - started)} ms`);
}
