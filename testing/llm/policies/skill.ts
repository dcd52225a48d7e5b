// How well a model does, by its name: the same policies for all, and for weak ones errors on purpose, drawn from what was sent.
import { createHash } from 'node:crypto';
import { seeded } from '#testing/seeded.ts';
import { firstOf, type Policy, textOf } from '#testing/llm/policy.ts';
import type { Edit } from './fix/edits.ts';
import { fixPolicy } from './fix/fix.ts';
import { badThenGood, planPolicy } from './plan/plan.ts';

/** A model that thinks before it edits. */
export interface Skill {
  /** Share of edits that are wrong, of tasks that are never done, and of plans that are wrong at first; 0 to 1. */
  readonly errorRate: number;
  /** Share of the tasks that it gives up, 0 to 1, of which it says that they are done. Default 0. */
  readonly boastRate?: number;
  /** The edit that mends, which it need not find. */
  readonly knows?: Edit;
  readonly seed?: number;
}

/** A model without error. */
export const flawless: Skill = { errorRate: 0 };

/** Edits that a model tries before it gives up. */
const maxEdits = 4;

/** The policy of each model by its name; models without a row are flawless. */
export function bySkill(skills: Readonly<Record<string, Skill>>): Policy {
  const policies = new Map(Object.entries(skills).map(([model, skill]) => [model, policyFor(skill)]));
  const other = policyFor(flawless);
  return (request) => (policies.get(request.model) ?? other)(request);
}

function policyFor({ errorRate, seed = 1, ...more }: Skill): Policy {
  return firstOf(fixPolicy({ errorRate, lostRate: errorRate, seed, maxEdits, isThinking: true, callsAtOnce: true, ...more }), sometimes(errorRate, seed, badThenGood, planPolicy));
}

/** One policy for a share of conversations, and another one for the rest. */
function sometimes(share: number, seed: number, then: Policy, otherwise: Policy): Policy {
  return (request) => {
    const [first] = request.turns;
    const digest = createHash('sha256').update(`${seed} ${first === undefined ? '' : textOf(first)}`).digest();
    return (seeded(digest.readUInt32BE())() < share ? then : otherwise)(request);
  };
}
