// Whether the work gets on. What was called, told and written is remembered as digests; a model that goes in circles is told from one that tries.

const limits = { sameCalls: 3, wrongInputs: 3, silentTurns: 3, idleTurns: 6 } as const;

/** What is remembered of all turns so far. */
export interface Memory {
  /** How often each call was made on the same files. */
  readonly calls: ReadonlyMap<string, number>;
  /** Digests of answers and of states of the files that were there before. */
  readonly known: ReadonlySet<string>;
  /** Turns in a row that changed nothing and learnt nothing. */
  readonly idleTurns: number;
  /** Calls in a row with input that no tool takes. */
  readonly wrongInputs: number;
  /** Turns in a row without a call. */
  readonly silentTurns: number;
}

/** A call and what came of it, as far as it is remembered. */
export interface Remembered {
  /** Tool and input, with the state of the files before. */
  readonly key: string;
  readonly answer: string;
  readonly isWrongInput: boolean;
}

export const noMemory: Memory = { calls: new Map(), known: new Set(), idleTurns: 0, wrongInputs: 0, silentTurns: 0 };

/** The memory after one more turn; `state` stands for the files after it. */
export function learn(memory: Memory, calls: readonly Remembered[], state: string): Memory {
  const counts = new Map(memory.calls);
  for (const { key } of calls) counts.set(key, (counts.get(key) ?? 0) + 1);
  const told = [state, ...calls.map(({ answer }) => answer)];
  const isIdle = told.every((digest) => memory.known.has(digest));
  return {
    calls: counts,
    known: new Set([...memory.known, ...told]),
    idleTurns: isIdle ? memory.idleTurns + 1 : 0,
    wrongInputs: calls.reduce((row, { isWrongInput }) => (isWrongInput ? row + 1 : 0), memory.wrongInputs),
    silentTurns: calls.length === 0 ? memory.silentTurns + 1 : 0,
  };
}

/** The same, once older outputs are no longer in the conversation: asking for them again is no circle. */
export function forgetTold(memory: Memory): Memory {
  return { ...memory, calls: new Map(), known: new Set() };
}

/** Why going on is no use, or undefined. */
export function whyStuck({ calls, idleTurns, wrongInputs, silentTurns }: Memory): string | undefined {
  if (wrongInputs >= limits.wrongInputs) return `${limits.wrongInputs} calls in a row had input that no tool takes`;
  if (Math.max(0, ...calls.values()) >= limits.sameCalls) return `it made the same call ${limits.sameCalls} times, and no file had changed`;
  if (silentTurns >= limits.silentTurns) return `it called no tool for ${limits.silentTurns} turns`;
  return idleTurns >= limits.idleTurns ? `it changed nothing and learnt nothing for ${limits.idleTurns} turns` : undefined;
}
