// What the jail adds to the start of a program: the same program started with and without it, one after the other, many times.
import type { Clock } from '#platform/clock.ts';
import type { Jail, JailOrder } from './launcher.ts';

const order: JailOrder = { command: ['/bin/true'], folder: '/', env: {}, writable: [], readable: ['/bin', '/usr', '/lib', '/lib64'], network: 'none', stdin: 'none', limits: {} };

/** Medians in milliseconds. */
export interface StartCost {
  /** From start to report, behind the jail. */
  readonly jailedMs: number;
  /** The same without it. */
  readonly bareMs: number;
  /** Median of the differences of neighbours. */
  readonly addedMs: number;
}

/** Starts `/bin/true` in pairs. Throws when one does not end well. */
export async function measureStart({ jail, bare }: { readonly jail: Jail; readonly bare: Jail }, clock: Clock, pairs = 50): Promise<StartCost> {
  const jailed: number[] = [];
  const without: number[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    without.push(await once(bare, clock));
    jailed.push(await once(jail, clock));
  }
  return { jailedMs: median(jailed), bareMs: median(without), addedMs: median(jailed.map((ms, pair) => ms - (without[pair] ?? 0))) };
}

async function once(jail: Jail, clock: Clock): Promise<number> {
  const startedAt = clock.monotonic();
  const end = await jail.start(order).ended;
  const took = clock.monotonic() - startedAt;
  if (end.kind !== 'report' || end.report.exitCode !== 0) throw new Error(`measure the start of a jailed program: /bin/true ended as ${JSON.stringify(end)}, so there is no figure; run the tests of sandbox/jail`);
  return took;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
