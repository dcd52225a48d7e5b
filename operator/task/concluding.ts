// The end of an attempt: written first, acknowledged to the agent second, and only then is its slot given away again.
import { formatTimeMs } from '#api/time.ts';
import type { OutcomeReason } from '#api/conditions.ts';
import type { Artifact } from '#api/v1alpha1/schema.ts';
import type { TaskResult } from '#api/v1alpha1/task.ts';
import { messageOf } from '#platform/errors.ts';
import { type AttemptsDeps, endOf, insist, newest, refOf, release } from './attempt-deps.ts';
import type { LiveAttempt } from './book.ts';
import { goesOn, type Knowledge, verdictOnFailure } from './decide/failure.ts';
import type { AttemptResult } from './decide/proposal.ts';
import { artifactsBelong, ownerOf } from './order.ts';
import type { ProposalAnswer } from './port.ts';
import type { Report } from './report.ts';
import { hasReason } from './writer.ts';

interface Failure {
  readonly reason: OutcomeReason;
  readonly message: string;
  readonly knowledge: Knowledge;
  readonly output?: AttemptResult;
}

interface Ended {
  readonly answer: ProposalAnswer;
  /** When the next attempt may follow, in milliseconds; undefined when none does. */
  readonly retryAfterMs?: number;
}

/** Decides the task by what its agent reports, or ends the attempt and lets the next one follow. */
export async function finish(deps: AttemptsDeps, live: LiveAttempt, said: Report): Promise<void> {
  const { agents, listener } = deps;
  const { agentUid, agent, poolNamespace, pool } = live.assignment;
  const { artifacts = [] } = said.output;
  const report = artifacts.length === 0 ? said : await checkArtifacts(deps, live, said, artifacts);
  const { result, reason, message, output } = report;
  const ended = result === 'Succeeded' ? { answer: await decide(deps, live, { result, reason, message }, output) } : await fail(deps, live, { reason, message, knowledge: 'reported', output });
  if (ended.answer.kind === 'recorded') agents.confirm(agentUid, said);
  else agents.abort(agentUid, said, 'the task was decided otherwise');
  leave(deps, live, ended);
  listener.ran(`${poolNamespace}/${pool}`, output.durationMs);
  if (ended.answer.kind === 'recorded') listener.said(ended.answer.task, reason, agent, message);
}

/** Ends an attempt that will bring no result: nobody knows how far it got. */
export async function giveUp(deps: AttemptsDeps, live: LiveAttempt, reason: OutcomeReason, message: string): Promise<void> {
  const { agent, agentUid } = live.assignment;
  const ended = await fail(deps, live, { reason, message, knowledge: 'unknown' });
  deps.agents.abort(agentUid, refOf(live), message);
  leave(deps, live, ended);
  if (ended.answer.kind === 'recorded') deps.listener.said(ended.answer.task, reason, agent, message);
}

/** Ends an attempt that never began. The same one goes elsewhere after `waitMs`; where a trace was written it is the next one. */
export async function takeBack(deps: AttemptsDeps, live: LiveAttempt, { waitMs, ...failure }: Omit<Failure, 'knowledge' | 'output'> & { readonly waitMs: number }): Promise<void> {
  if (live.traced || failure.reason !== 'AgentStopped') return leave(deps, live, await fail(deps, live, { ...failure, knowledge: 'neverBegan' }));
  deps.book.leave(live.task.metadata.uid, live.resumes);
  release(deps, live);
  deps.listener.requeue(newest(deps, live.task), waitMs);
}

async function fail(deps: AttemptsDeps, live: LiveAttempt, { reason, message, knowledge, output }: Failure): Promise<Ended> {
  const task = newest(deps, live.task);
  const verdict = verdictOnFailure(task, live.attempt, reason, knowledge);
  if (verdict.kind === 'final') return { answer: await decide(deps, live, { result: 'Failed', reason: verdict.reason, message }, output) };
  const answer = await deps.ledger.propose(task, endOf(deps, live, reason, message));
  // What was gone on from once, and led nowhere, is not gone on from again: it may be why the agent was lost.
  if (goesOn(reason)) deps.book.leave(task.metadata.uid, knowledge === 'neverBegan' ? live.resumes : live.checkpoint);
  return { answer, retryAfterMs: verdict.afterMs };
}

async function decide(deps: AttemptsDeps, live: LiveAttempt, decided: { readonly result: TaskResult; readonly reason: OutcomeReason; readonly message: string }, output?: AttemptResult): Promise<ProposalAnswer> {
  const { assignment, attempt, startedAt } = live;
  const task = newest(deps, live.task);
  const by = output && { number: attempt, epoch: assignment.epoch, assignment, startTime: formatTimeMs(startedAt), output };
  try {
    return await deps.ledger.propose(task, { kind: 'outcome', ...decided, ...(by === undefined ? {} : { attempt: by }) });
  } catch (error) {
    if (!hasReason(error, 'Invalid', 'RequestEntityTooLarge')) throw error;
    // The task must end even when what it brought cannot be stored.
    return deps.ledger.propose(task, { kind: 'outcome', result: 'Failed', reason: 'OutputTooLarge', message: `the result cannot be stored: ${messageOf(error)}` });
  }
}

function leave(deps: AttemptsDeps, live: LiveAttempt, { answer, retryAfterMs }: Ended): void {
  release(deps, live);
  if (answer.kind === 'recorded' && retryAfterMs !== undefined) deps.listener.requeue(answer.task, retryAfterMs);
}

/** A result may name blobs of its own task's owner only: others would make a reader fetch what is not the tenant's. */
async function checkArtifacts(deps: AttemptsDeps, live: LiveAttempt, report: Report, artifacts: readonly Artifact[]): Promise<Report> {
  const { digest, durationMs } = report.output;
  const namespaceUid = await insist(deps, live, () => deps.sources.namespaceUid(live.task.metadata.namespace));
  if (namespaceUid === undefined || artifactsBelong(artifacts, namespaceUid, ownerOf(live.task))) return report;
  return { ...report, result: 'Failed', reason: 'AgentError', message: 'the agent named an artifact that does not belong to the task', output: { digest, durationMs } };
}
