// How far the task is that carries out a check, and whether what it found may be believed.
import type { GoalProof } from '#api/v1alpha1/mission.ts';
import { verifierName } from '#domain/plan/derived.ts';
import { countsAsEvidence, type TaskFact } from './facts.ts';
import type { Verdict, World } from './verdict.ts';

/** `ended`: the verifier found something, or failed. */
export type Verification = { readonly kind: 'open'; readonly verdict: Verdict } | { readonly kind: 'ended'; readonly verifier: TaskFact };

/** The verifier of a goal, or the verdict as long as it has nothing to say. `what` names what it checks. */
export function verificationOf(goal: string, what: string, world: World): Verification {
  const name = verifierName(goal);
  const verifier = world.verifiers.get(name);
  if (verifier?.outcome === undefined) return { kind: 'open', verdict: waiting(name, what, world) };
  if (verifier.outcome === 'Succeeded' || verifier.outcome === 'Failed') return { kind: 'ended', verifier };
  return { kind: 'open', verdict: { state: 'Unmet', reason: 'NotVerified', evidence: `${what} was not checked: ${verifier.message}` } };
}

function waiting(name: string, what: string, { tasks, verifiers, withoutVerifier }: World): Verdict {
  const checked = verifiers.get(name)?.verifies ?? [];
  if (withoutVerifier.has(name)) return { state: 'Unknown', reason: 'NoIndependentVerifier', evidence: `${what} waits for another agent: those that are there executed ${checked.join(', ')}` };
  const open = checked.find((task) => tasks.get(task)?.outcome === undefined);
  return { state: 'Unknown', reason: 'Waiting', evidence: open === undefined ? `${what} is not checked yet` : `${what} waits for task ${open}` };
}

/** Why what a verifier found proves nothing, or undefined. The scheduler sees to it that this never happens; nobody has to trust it. */
export function distrust(verifier: TaskFact, { tasks, trees }: World): string | undefined {
  const { name, agent, verifies, workspaceFrom } = verifier;
  if (agent === undefined) return `nobody knows which agent ran ${name}`;
  const own = verifies.find((task) => tasks.get(task)?.agents.includes(agent));
  if (own !== undefined) return `agent ${agent} ran ${name}, but also ${own}, whose work it checks`;
  return countsAsEvidence(verifier, trees) ? undefined : `${name} did not run on the files of ${workspaceFrom ?? 'the workspace'}, or changed them`;
}

/** The verifier's check could not be carried out. */
export function verifierFailed(verifier: TaskFact, what: string, proof: { readonly proof?: GoalProof }): Verdict {
  return { state: 'Unmet', reason: 'VerifierFailed', evidence: `${what} could not be checked: task ${verifier.name} failed: ${verifier.message}`, ...proof };
}

/** What an attempt of a verifier leaves in the status; nothing when none ran. */
export function proofOf({ name, agent }: TaskFact, found: Omit<GoalProof, 'task' | 'agent'>): { readonly proof?: GoalProof } {
  return agent === undefined ? {} : { proof: { task: name, agent, ...found } };
}
