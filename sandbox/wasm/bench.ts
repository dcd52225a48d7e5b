// How long a code action takes from the claim of a child to its result, with children that wait and without.
import { type Clock, delay } from '#platform/clock.ts';
import type { CodeAction } from '#sandbox/port.ts';
import { createWasmSandbox, type WasmSandbox, type WasmSandboxOptions } from './index.ts';

const warm = 2;
const refillPollMs = 10;
/** A child that has just started still compiles in the background. */
const settleMs = 100;
const longestRefillMs = 30_000;
const smallest: CodeAction = { kind: 'code', source: 'return input', input: 1, limits: { wallMs: 30_000, outputBytes: 1000 } };

/** Durations in milliseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

/** Claims of ready children, `rounds` of them; each waits until the pool is full again. */
export function measureClaims(options: Omit<WasmSandboxOptions, 'warm'>, rounds: number): Promise<Percentiles> {
  return measure(createWasmSandbox({ ...options, warm }), options.clock, rounds, (sandbox) => untilFull(sandbox, options.clock));
}

/** Runs whose child is started for them. */
export function measureColdRuns(options: Omit<WasmSandboxOptions, 'warm'>, rounds: number): Promise<Percentiles> {
  return measure(createWasmSandbox({ ...options, warm: 0 }), options.clock, rounds, () => Promise.resolve());
}

async function measure(sandbox: WasmSandbox, clock: Clock, rounds: number, before: (sandbox: WasmSandbox) => Promise<void>): Promise<Percentiles> {
  const durations: number[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      await before(sandbox);
      durations.push(await once(sandbox, clock));
    }
  } finally {
    await sandbox.shutdown();
  }
  durations.sort((one, other) => one - other);
  const at = (part: number) => durations[Math.min(durations.length - 1, Math.floor(durations.length * part))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

async function once(sandbox: WasmSandbox, clock: Clock): Promise<number> {
  const startedAt = clock.monotonic();
  const prepared = await sandbox.prepare();
  const { ending, message } = await prepared.run(smallest, new AbortController().signal);
  const took = clock.monotonic() - startedAt;
  await prepared.dispose();
  if (ending !== 'completed') throw new Error(`measure a code action: it ended ${ending} (${message ?? 'no reason'}), so there is no figure; run the tests of sandbox/wasm`);
  return took;
}

async function untilFull(sandbox: WasmSandbox, clock: Clock): Promise<void> {
  const startedAt = clock.monotonic();
  while (sandbox.waiting() < warm) {
    if (clock.monotonic() - startedAt > longestRefillMs) throw new Error('measure claims: the pool is not full after 30 s, so there is no figure; run the tests of sandbox/wasm');
    await delay(clock, refillPollMs);
  }
  await delay(clock, settleMs);
}
