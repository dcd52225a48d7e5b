// What a judge is sent, read as a model reads it: the rubric from its own document, the work from the other.
import { z } from 'zod';
import { textOf } from '#testing/llm/policy.ts';
import type { ParsedRequest } from '#testing/llm/request.ts';

const Rubric = z.looseObject({ rubric: z.string() });
const Work = z.looseObject({
  changed: z.array(z.string()).default([]),
  diff: z.string().default(''),
  files: z.array(z.looseObject({ path: z.string(), text: z.string().default('') })).default([]),
});
/** The work that is judged. */
export type Work = z.infer<typeof Work>;

/** A rubric and the work that it is about. */
interface Case {
  readonly rubric: string;
  readonly work: Work;
}

/** The case in the first message; undefined when it is none, or when there is more than one rubric. */
export function caseIn({ turns }: ParsedRequest): Case | undefined {
  const said = turns[0] === undefined ? '' : textOf(turns[0]);
  const rubric = Rubric.safeParse(documentIn(said, 'rubric-json')).data?.rubric;
  const work = Work.safeParse(documentIn(said, 'work-json')).data;
  return rubric === undefined || work === undefined ? undefined : { rubric, work };
}

function documentIn(text: string, marker: string): unknown {
  const [first, ...others] = [...text.matchAll(new RegExp(`<${marker}>\\n(.*?)\\n</${marker}>`, 'gs'))].map(([, json = '']) => json);
  if (first === undefined || others.length > 0) return undefined;
  try {
    return JSON.parse(first) as unknown;
  } catch {
    return undefined;
  }
}
