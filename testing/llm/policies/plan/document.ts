// What a planner sends, read leniently: the policy takes what it finds, as a model would.
import { z } from 'zod';
import { textOf } from '#testing/llm/policy.ts';
import type { ParsedRequest } from '#testing/llm/request.ts';

const ParamsSchema = z.looseObject({ properties: z.record(z.string(), z.unknown()).default({}), required: z.array(z.string()).default([]) });
/** JSON Schema of the parameters of an intent. */
export type ParamsSchema = z.infer<typeof ParamsSchema>;

/** An intent as a sentence, or as an object with a sentence and the schema of its parameters. */
const Intent = z
  .union([z.string().transform((description) => ({ description })), z.looseObject({ description: z.string().default('') })])
  .transform((intent) => ({ description: intent.description, params: Object.values(intent).flatMap((value) => ParamsSchema.safeParse(value).data ?? [])[0] }));

const named = z.looseObject({ name: z.string() });

const Check = z.looseObject({
  expression: z.string().optional(),
  command: z.looseObject({ from: z.string().optional() }).optional(),
  artifact: z.looseObject({ task: z.string(), name: z.string().optional() }).optional(),
});

const Before = z.looseObject({ name: z.string(), type: z.string(), intent: z.looseObject({ action: z.string(), params: z.record(z.string(), z.json()).optional() }), dependsOn: z.array(z.string()).default([]) });

const Revision = z.looseObject({
  why: z.string(),
  plan: z.looseObject({ tasks: z.array(Before) }),
  goals: z.array(z.looseObject({ name: z.string(), state: z.string(), evidence: z.string() })).default([]),
  mayKeep: z.array(z.string()).default([]),
  earlier: z.array(Before).default([]),
});

const Lesson = z.looseObject({ verdict: z.string(), plan: z.array(z.string()).default([]) });

const MissionDocument = z.looseObject({
  goal: z.string(),
  goals: z.array(z.looseObject({ name: z.string(), description: z.string().optional(), check: Check.optional() })).default([]),
  agentTypes: z.array(z.union([z.string(), named.transform(({ name }) => name)])).default([]),
  intents: z.record(z.string(), z.record(z.string(), Intent)).default({}),
  limits: z.looseObject({ maxTasks: z.int().min(1).default(20), requiredTaskNames: z.array(z.string()).default([]), takenTaskNames: z.array(z.string()).default([]) }).prefault({}),
  revision: Revision.optional(),
  lessons: z.array(Lesson).default([]),
});
export type MissionDocument = z.infer<typeof MissionDocument>;

/** The latest document between the markers in what the caller said; undefined when there is none that can be read. */
export function missionDocument({ turns }: ParsedRequest): MissionDocument | undefined {
  const said = turns.filter(({ role }) => role === 'user').map(textOf);
  const found = said.flatMap((text) => [...text.matchAll(/<mission-json>([\s\S]*?)<\/mission-json>/g)].map(([, json = '']) => json));
  return found.flatMap((json) => parsed(json) ?? []).at(-1);
}

function parsed(json: string): MissionDocument | undefined {
  try {
    return MissionDocument.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}
