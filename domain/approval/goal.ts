// What people approve when a goal asks them: files by their tree, in one run, for one question.
import type { Approval } from '#api/v1alpha1/approval.ts';
import type { MissionSpec } from '#api/v1alpha1/mission.ts';
import { canonicalJson, sha256Hex } from '#domain/digest.ts';

/** What people look at when they approve a goal. */
interface GoalSubject {
  /** Name of the goal. */
  readonly goal: string;
  readonly run: number;
  /** Git's hash of the files; undefined where there are none. */
  readonly tree: string | undefined;
  readonly question: string;
}

/** SHA-256 over what is approved of a goal. */
export function goalDigest({ goal, run, tree, question }: GoalSubject): string {
  return sha256Hex(canonicalJson({ goal, run, tree, question }));
}

/** What goals may know of the people who are asked. */
export interface ApprovalFacts {
  readonly mission: { readonly name: string; readonly uid: string };
  readonly run: number;
  /** Tasks of the plan, as far as they tell whose files are meant. */
  readonly plan: MissionSpec['tasks'];
  /** Tree of the workspace; undefined as long as nobody has read it. */
  readonly workspaceTree: string | undefined;
  /** What people have said of this mission, in any order. */
  readonly said: readonly Approval[];
}
