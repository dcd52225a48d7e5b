// Decides a goal whose check is a rubric, by the votes that an independent agent counted. Counts and digests decide; what the judging model said is only shown.
import type { JudgeCheck } from '#api/v1alpha1/mission.ts';
import { plainText } from '#domain/conditions.ts';
import { sha256Hex } from '#domain/digest.ts';
import { quorumOf } from '#domain/plan/derived.ts';
import { describeOrigin } from './evidence.ts';
import type { TaskFact } from './facts.ts';
import type { Verdict, World } from './verdict.ts';
import { distrust, proofOf, verificationOf, verifierFailed } from './verification.ts';

const limits = { rubric: 60, model: 40, reason: 200 } as const;

/** The verdict of a judge. */
export function judgeByRubric(goal: string, check: JudgeCheck, world: World): Verdict {
  const what = `the rubric "${plainText(check.rubric, limits.rubric)}"`;
  const verification = verificationOf(goal, what, world);
  if (verification.kind === 'open') return verification.verdict;
  const { verifier } = verification;
  const proof = proofOf(verifier, verifier.workspace === undefined ? {} : { tree: verifier.workspace.treeBefore });
  const count = countOf(verifier, check);
  if (count === undefined) return verifierFailed(verifier, what, proof);
  const evidence = (...remarks: readonly string[]) => [...remarks, `${what}: ${describeCount(count, check)}${describeJudge(verifier)}`, ...sameModel(verifier, world)].join('; ');
  const doubt = distrust(verifier, world) ?? (verifier.observed['rubricSha256'] === sha256Hex(check.rubric) ? undefined : `${verifier.name} judged by another rubric`);
  if (doubt !== undefined) return { state: 'Unmet', reason: 'UnverifiedEvidence', evidence: evidence(doubt), ...proof };
  if (count.yes >= quorumOf(check)) return { state: 'Met', reason: 'JudgePassed', evidence: evidence(), ...proof };
  return { state: 'Unmet', reason: 'JudgeFailed', evidence: `${evidence()}${firstReason(verifier)}`, ...proof };
}

interface Count {
  readonly votes: number;
  readonly yes: number;
  readonly unreadable: number;
}

/** The votes, when they are counts of an attempt that could judge; those that the check does not ask for are no votes. */
function countOf({ outcome, observed }: TaskFact, check: JudgeCheck): Count | undefined {
  const [votes, yes, no, unreadable] = ['votes', 'yes', 'no', 'unreadable'].map((name) => observed[name]);
  if (outcome !== 'Succeeded' || !isCount(votes) || !isCount(yes) || !isCount(no) || !isCount(unreadable)) return undefined;
  return votes <= check.votes && yes + no > 0 && yes + no + unreadable === votes ? { votes, yes, unreadable } : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** `1 of 3 votes in favour, 2 needed, 1 could not be read` */
function describeCount({ votes, yes, unreadable }: Count, check: JudgeCheck): string {
  const unread = unreadable === 0 ? '' : `, ${unreadable} could not be read`;
  return `${yes} of ${votes} ${votes === 1 ? 'vote' : 'votes'} in favour, ${quorumOf(check)} needed${unread}`;
}

/** ` by claude-opus on agent agent-2, rubric 1a2b3c4d (tree ffff0000, attempt 1)` */
function describeJudge(verifier: TaskFact): string {
  const { rubricSha256: digest } = verifier.observed;
  const model = modelOf(verifier);
  const by = model === undefined ? '' : ` by ${plainText(model, limits.model)}`;
  const on = verifier.agent === undefined ? '' : ` on agent ${verifier.agent}`;
  return `${by}${on}${typeof digest === 'string' ? `, rubric ${plainText(digest.slice(0, 8), 8)}` : ''}${describeOrigin(verifier)}`;
}

function modelOf({ observed: { model } }: TaskFact): string | undefined {
  return typeof model === 'string' && model !== '' ? model : undefined;
}

/** Where there is only one model it judges itself, and whoever reads the evidence must know. */
function sameModel(verifier: TaskFact, { tasks }: World): string[] {
  const model = modelOf(verifier);
  const worked = verifier.verifies.some((name) => {
    const fact = tasks.get(name);
    return fact !== undefined && model !== undefined && modelOf(fact) === model;
  });
  return worked ? ['judged by the same model that worked'] : [];
}

/** The reason of the first vote against, in words of the model. */
function firstReason({ claimed }: TaskFact): string {
  const reasons = claimed?.['reasons'];
  const first: unknown = Array.isArray(reasons) ? reasons[0] : undefined;
  return typeof first === 'string' && first !== '' ? `; it was said: ${plainText(first, limits.reason)}` : '';
}
