// What the expressions of goals may read, and how their writers are told: facts of tasks, or the parts of one parsed artifact.
import type { Variable } from './environment.ts';

/** A key of `a.b["c"][0]`; undefined when it is not a literal. */
export type Key = string | number | undefined;

export interface Refusal {
  readonly reason: 'InvalidExpression' | 'UnverifiedEvidence';
  readonly message: string;
}

/** One language: the variable it has, and which paths below it may be read. */
export interface Vocabulary {
  readonly variable: Variable;
  /** What a path gives, in words. */
  readonly part: string;
  /** How paths are written. */
  readonly usage: string;
  /** Why `has` is not there. */
  readonly withoutHas: string;
  /** Why a path may not be read, or undefined. */
  refuse(path: readonly Key[]): Refusal | undefined;
}

const invalid = (message: string): Refusal => ({ reason: 'InvalidExpression', message });
const literalIndex = invalid('an index must be a literal');
const facts = 'a goal reads facts only as tasks["<task>"].outcome or tasks["<task>"].observed.<field>';

/** Facts of tasks: their outcomes, and what was observed of them. */
export const taskVocabulary: Vocabulary = {
  variable: 'tasks',
  part: 'a fact',
  usage: `${facts}; a task whose name has a dash needs the form with brackets`,
  withoutHas: 'a goal whose field is missing is Unknown until its tasks have ended, then Unmet',
  refuse([task, ...path]) {
    if (path[0] === 'claimed') return { reason: 'UnverifiedEvidence', message: 'claimed results were measured by nobody: read outcome or observed' };
    if (typeof task !== 'string' && (task !== undefined || path.length > 0)) return invalid(`the name of the task must be a literal: ${facts}`);
    if (path.includes(undefined)) return literalIndex;
    return isFact(path) ? undefined : invalid(facts);
  },
};

function isFact(path: readonly Key[]): boolean {
  return (path[0] === 'outcome' && path.length === 1) || (path[0] === 'observed' && typeof path[1] === 'string');
}

/** One JSON document, all of it. */
export const jsonVocabulary: Vocabulary = {
  variable: 'json',
  part: 'a part of json',
  usage: 'an artifact is read only as json, json.<field> or json[<index>]',
  withoutHas: 'an artifact whose field is missing does not satisfy the expression',
  refuse: (path) => (path.includes(undefined) ? literalIndex : undefined),
};
