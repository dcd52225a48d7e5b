// A tool as the loop sees it: what the model is told of it, and what comes of a call. Wrong input is an answer like any other.
import { z } from 'zod';
import type { sideEffects } from '#api/events/thought.ts';
import type { ToolDefinition } from '#platform/anthropic/conversation.ts';
import { plainText } from '#domain/conditions.ts';
import { describePath } from '#domain/intent/validate.ts';

/** How the model itself ended its work, and what it said to it. */
export type Verdict = { readonly kind: 'finished'; readonly summary: string } | { readonly kind: 'gaveUp'; readonly summary: string };

/** What came of a call. */
export interface ToolAnswer {
  /** Words of the runtime; nothing that others wrote stands in them. */
  readonly note: string;
  /** What files and programs say; it is quoted. */
  readonly data?: string;
  readonly isError?: true;
  /** Set when the input was not what the tool takes. */
  readonly isWrongInput?: true;
  /** Set when the work ends with this call. */
  readonly verdict?: Verdict;
}

/** What a call may do besides telling: nothing, write files of the workspace, run code in a sandbox, which may write them too, or change things outside. */
export type SideEffect = (typeof sideEffects)[number];

export interface Tool {
  readonly definition: ToolDefinition;
  readonly sideEffect: SideEffect;
  /** Set for a tool by which a model ends its work; no policy takes it away. */
  readonly endsWork: boolean;
  /** Fields whose texts are not kept in the transcript. */
  readonly hidden: readonly string[];
  readonly call: (input: unknown) => Promise<ToolAnswer>;
}

interface Description<P> {
  readonly name: string;
  readonly description: string;
  readonly sideEffect: SideEffect;
  readonly input: z.ZodType<P>;
  readonly endsWork?: boolean;
  readonly hidden?: readonly string[];
}

const shownLength = 200;

/** A tool whose input has this schema. */
export function tool<P>({ name, description, sideEffect, endsWork = false, input, hidden = [] }: Description<P>, run: (input: P) => Promise<ToolAnswer>): Tool {
  const { $schema: _, ...schema } = z.toJSONSchema(input, { io: 'input' });
  return {
    definition: { name, description, input_schema: schema },
    sideEffect,
    endsWork,
    hidden,
    call: async (value) => {
      const parsed = input.safeParse(value);
      return parsed.success ? run(parsed.data) : wrongInput(name, parsed.error.issues[0]);
    },
  };
}

/** An answer that says what went wrong. */
export function toolError(note: string): ToolAnswer {
  return { note, isError: true };
}

/** What a call of a tool that is not there is told. */
export function unknownTool(name: string, tools: readonly Tool[]): ToolAnswer {
  return { note: `there is no tool ${plainText(name, shownLength)}; the tools are ${tools.map(({ definition }) => definition.name).join(', ')}`, isError: true, isWrongInput: true };
}

function wrongInput(name: string, issue: z.core.$ZodIssue | undefined): ToolAnswer {
  const field = describePath(issue?.path ?? []).replace(/^\./, '');
  return { note: `${name}: ${plainText(`${field === '' ? 'the input' : field}: ${issue?.message ?? 'is not valid'}`, shownLength)}`, isError: true, isWrongInput: true };
}
