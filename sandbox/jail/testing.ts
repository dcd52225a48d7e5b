// For tests of what runs behind the jail: the jail of this checkout, built when it is not.
import { dirname, join } from 'node:path';
import { systemClock } from '#platform/clock.ts';
import type { Jail } from './launcher.ts';
import { buildNative } from './native/build.ts';
import { openJail } from './open.ts';

const root = dirname(dirname(import.meta.dirname));

/** Path of the jail's program; rejects on a host that cannot build it. */
export function jailProgram(): Promise<string> {
  return nativeProgram(join(import.meta.dirname, 'native'), 'jail');
}

/** Path of dist/`name`, compiled from `folder`. */
export async function nativeProgram(folder: string, name: string): Promise<string> {
  const build = await buildNative(folder, join(root, 'dist', name));
  if (build.kind === 'skipped') throw new Error(build.message);
  return build.program;
}

/** The jail itself, with at most this version of Landlock. */
export async function ownJail(landlockAtMost?: number): Promise<Jail> {
  return openJail({ program: await jailProgram(), clock: systemClock, ...(landlockAtMost === undefined ? {} : { landlockAtMost }) });
}
