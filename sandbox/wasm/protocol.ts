// What is said in the frames. The child is not trusted: every field it sends is checked by hand before it is believed.
import type { FrameCaps } from './frames.ts';
import { wasmLimits } from './limits.ts';

const noticeBytes = 32 * 1024;

/** Most bytes of text in one output frame. */
export const outputFrameBytes = 64 * 1024;

/** Frames to the child: C, the claim. */
export const claimCaps = { C: wasmLimits.claimBytes } as const satisfies FrameCaps<string>;

/** Frames from the child: R, ready; O and E, output; V, the value; D, done, always the last. */
export const answerCaps = { R: 0, O: outputFrameBytes, E: outputFrameBytes, V: wasmLimits.valueBytes, D: noticeBytes } as const satisfies FrameCaps<string>;

/** One run, as it is sent to a child. */
export interface Claim {
  readonly source: string;
  /** JSON text. */
  readonly input: string;
  /** Where the paths of the code begin, relative to the folder of the child. */
  readonly folder: string;
  /** What the random numbers of the code begin with, 32 bits. */
  readonly seed: number;
  /** Most memory of the engine, in bytes. */
  readonly memoryBytes: number;
  /** Most bytes of the value. */
  readonly valueBytes: number;
}

/** How a run ended, as the child says. */
export interface Done {
  readonly ending: 'completed' | 'failed' | 'outOfMemory' | 'outputCap' | 'denied';
  readonly message?: string;
  /** Where in the code, for failed. */
  readonly stack?: string;
}

const endings: readonly string[] = ['completed', 'failed', 'outOfMemory', 'outputCap', 'denied'] satisfies readonly Done['ending'][];

/** The claim in `payload`; throws for anything else. */
export function parseClaim(payload: Uint8Array): Claim {
  const { source, input, folder, seed, memoryBytes, valueBytes } = recordOf(payload);
  if (!isText(source) || !isText(input) || !isText(folder) || !isCount(seed) || !isCount(memoryBytes) || !isCount(valueBytes)) throw new Error('read a claim: a field is missing or has the wrong type; nothing was run');
  return { source, input, folder, seed, memoryBytes, valueBytes };
}

/** What a child said of its end, or undefined when it is not said as agreed. */
export function parseDone(payload: Uint8Array): Done | undefined {
  try {
    const { ending, message, stack } = recordOf(payload);
    if (!isEnding(ending) || !isOptionalText(message) || !isOptionalText(stack)) return undefined;
    return { ending, ...(message === undefined ? {} : { message }), ...(stack === undefined ? {} : { stack }) };
  } catch {
    return undefined;
  }
}

function recordOf(payload: Uint8Array): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(Buffer.from(payload).toString('utf8'));
  if (typeof value !== 'object' || value === null) throw new Error('read a frame: it holds no object');
  return value as Record<string, unknown>;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isOptionalText = (value: unknown): value is string | undefined => value === undefined || isText(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isEnding = (value: unknown): value is Done['ending'] => isText(value) && endings.includes(value);
