// PushCommit: brings the commit that the task started from to a branch of the repository. An effect outside, so the task must be declared External.
import { PushCommit } from '#api/intents.ts';
import { action, failed, succeeded } from '#agent-runtime/roles/action.ts';

/** Succeeds also when the branch has the commit already. */
export const pushCommit = action(PushCommit, async ({ branch }, { files, log }) => {
  if (files.push === undefined) return failed('ActionRefused', 'PushCommit changes a repository outside of the mission: declare the task with sideEffects: External');
  const answer = await files.push(branch);
  if (answer.kind === 'refused') return failed('ActionRefused', answer.message);
  if (answer.kind === 'failed') return failed('ActionFailed', answer.message);
  const { kind, commit } = answer;
  log(`${kind === 'pushed' ? 'pushed' : 'found'} ${commit} on ${branch}\n`);
  return succeeded(kind === 'pushed' ? `pushed ${commit} to ${branch}` : `${branch} has ${commit} already`, { observed: { branch, commit, pushed: kind === 'pushed' } });
});
