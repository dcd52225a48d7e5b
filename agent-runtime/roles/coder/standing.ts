// Where a Coder stands between two turns, in a form that another agent can read: its tries, its conversation, and what it knows of the files.
import { z } from 'zod';
import { callOutcomes } from '#api/events/thought.ts';
import { JsonObject } from '#api/v1alpha1/json.ts';
import { canonicalJson, sha256Hex } from '#domain/digest.ts';
import type { ConversationTurn } from '#platform/anthropic/conversation.ts';
import type { Tried } from '#agent-runtime/thinking/cascade.ts';
import type { Standing } from '#agent-runtime/thinking/loop.ts';
import { promptVersion } from '#agent-runtime/thinking/prompt.v2.ts';
import type { Tool } from '#agent-runtime/thinking/tool.ts';
import type { BenchState, Workbench } from '#agent-runtime/thinking/workbench.ts';

/** What must be the same on both agents: a conversation goes on only under the rules that it began with. */
export interface Rules {
  readonly prompt: string;
  /** Digest of the tools that are offered, without those of servers, and the names of those. */
  readonly tools: string;
  /** Models from the cheapest to the strongest; null stands for the one of the installation. */
  readonly tiers: readonly (string | null)[];
  readonly maxTurns: number;
}

/** The work of a Coder between two turns. */
export interface CoderStanding {
  /** Index of the tier that the first try had. */
  readonly first: number;
  readonly tried: readonly Tried[];
  /** Runs of the tests in the tries before this one, and how the last of them ended. */
  readonly tested: Workbench['tested'];
  readonly bench: BenchState;
  readonly standing: Standing;
}

/** The rules of this agent. */
export function rulesOf(tools: readonly Tool[], servers: readonly string[], { tiers, maxTurns }: { readonly tiers: readonly (string | undefined)[]; readonly maxTurns: number }): Rules {
  const offered = tools.map(({ definition }) => definition);
  return { prompt: promptVersion, tools: sha256Hex(canonicalJson([offered, servers])), tiers: tiers.map((name) => name ?? null), maxTurns };
}

/** The standing as it is kept. */
export function sheetOf(rules: Rules, { standing: { turns, talk, memory }, ...rest }: CoderStanding): object {
  const { calls, known, ...rows } = memory;
  return { rules, ...rest, turns, talk, memory: { ...rows, calls: [...calls], known: [...known] } };
}

const count = z.int().min(0);
const Digest = z.string().regex(/^[0-9a-f]{64}$/);
const Usage = z.object({ inputTokens: count, outputTokens: count, cacheReadTokens: count, cacheWriteTokens: count, costMicroUsd: count });
const Call = z.object({ tool: z.string(), input: JsonObject, outputBytes: count, outcome: z.enum(callOutcomes) });
const Turns = z.array(z.object({ turn: z.int().min(1), model: z.string(), said: z.string(), usage: Usage, calls: z.array(Call) }));

/** Only these ends are followed by another try. */
const End = z.union([z.object({ kind: z.literal('gaveUp'), summary: z.string() }), z.object({ kind: z.enum(['stuck', 'limit', 'declined']), message: z.string() })]);
const Try = z.object({ tier: z.int().min(1), modelName: z.string().optional(), maxTurns: count, turnsBefore: count, isOneOfMany: z.boolean(), thought: z.object({ end: End, turns: Turns }) });

const Bench = z.object({ written: z.array(z.tuple([z.string(), Digest])), tests: z.enum(['passed', 'failed', 'absent', 'unknown']), isStale: z.boolean(), testsRun: count, exitCode: z.int().optional(), tree: z.string().optional() });

const Told = z.union([z.object({ type: z.literal('text'), text: z.string() }), z.object({ type: z.literal('tool_result'), tool_use_id: z.string(), content: z.string(), is_error: z.literal(true).optional() })]);
const Turn = z.union([z.object({ role: z.literal('user'), content: z.array(Told) }), z.object({ role: z.literal('assistant'), content: z.array(z.looseObject({ type: z.string() })) })]);
/** Checked and not copied: a parsed copy may have its fields in another order, and the provider would not know the bytes again. */
const Talk = z.custom<readonly ConversationTurn[]>((value) => {
  const talk = z.array(Turn).min(2).safeParse(value);
  return talk.success && talk.data.at(0)?.role === 'user' && talk.data.at(-1)?.role === 'user';
});

const Sheet = z.strictObject({
  rules: z.strictObject({ prompt: z.string(), tools: Digest, tiers: z.array(z.string().nullable()).min(1), maxTurns: count }),
  first: count,
  tried: z.array(Try),
  tested: z.object({ testsRun: count, lastTestExitCode: z.int().optional() }),
  bench: Bench,
  turns: Turns.min(1),
  talk: Talk,
  memory: z.object({ calls: z.array(z.tuple([Digest, count])), known: z.array(Digest), idleTurns: count, wrongInputs: count, silentTurns: count }),
});

type ReadStanding = { readonly kind: 'standing'; readonly standing: CoderStanding } | { readonly kind: 'unusable'; readonly why: string };

/** What a sheet says, or why nothing can go on from it under `rules`. */
export function readStanding(work: unknown, rules: Rules): ReadStanding {
  const read = Sheet.safeParse(work);
  if (!read.success) return unusable(`it cannot be read: ${read.error.issues[0]?.path.join('.') ?? ''}`);
  const { rules: theirs, turns, talk, memory, tried, tested, ...rest } = read.data;
  const other = differing(theirs, rules);
  if (other !== undefined) return unusable(other);
  if (rest.first + tried.length >= rules.tiers.length) return unusable('it had no model left');
  const standing = { turns, talk, memory: { ...memory, calls: new Map(memory.calls), known: new Set(memory.known) } };
  return { kind: 'standing', standing: { ...rest, tried: tried.map((each) => ({ modelName: undefined, ...each })), tested: tested as Workbench['tested'], standing } };
}

function unusable(why: string): ReadStanding {
  return { kind: 'unusable', why };
}

function differing(theirs: Rules, ours: Rules): string | undefined {
  if (theirs.prompt !== ours.prompt) return `its prompt is ${theirs.prompt}, that of this agent ${ours.prompt}`;
  if (theirs.tools !== ours.tools) return 'it had other tools';
  if (canonicalJson([...theirs.tiers]) !== canonicalJson([...ours.tiers])) return 'it asked other models';
  return theirs.maxTurns === ours.maxTurns ? undefined : 'it had another maxTurns';
}

/** Turns of all tries until then. */
export function turnsUntil({ tried, standing }: Pick<CoderStanding, 'tried' | 'standing'>): number {
  return tried.reduce((sum, { thought }) => sum + thought.turns.length, standing.turns.length);
}
