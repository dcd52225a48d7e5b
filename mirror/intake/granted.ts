// Which task an agent may speak for and ask about: the one that its grant names, as the API server has it.
import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect';
import { type AgentIdentity, agentUri } from '#api/identity.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { type Clock, delay } from '#platform/clock.ts';
import type { GrantVerifier } from '#platform/rpc/grant.ts';
import { callingAgent } from '#platform/rpc/servers.ts';

export interface GrantPorts {
  /** Checks grants under the newest CA bundle. */
  readonly verifyGrant: GrantVerifier;
  /** A task by its uid, as far as it is known now. */
  readonly task: (uid: string) => Task | undefined;
  readonly clock: Clock;
}

/** What a grant is for. */
export interface Granted {
  readonly agent: AgentIdentity;
  readonly taskUid: string;
  /** Undefined: the operator did not say. */
  readonly attempt?: number | undefined;
}

/** How long the watch may be behind an agent that is quick, in milliseconds. */
const behindMs = { most: 2000, look: 50 } as const;

/** What the grant of a call is for. Throws PERMISSION_DENIED for one that does not hold. */
export function grantOf({ verifyGrant, clock }: GrantPorts, grant: string, context: HandlerContext): Granted {
  const agent = callingAgent(context);
  const verdict = verifyGrant(grant, agentUri(agent), clock.now());
  if (verdict.kind === 'refused') throw new ConnectError(verdict.reason, Code.PermissionDenied);
  return { agent, taskUid: verdict.grant.taskUid, attempt: verdict.grant.attempt };
}

/** The task of a grant. Throws NOT_FOUND for one that is not known here, after waiting a moment for it. */
export async function taskOf({ task, clock }: GrantPorts, { taskUid }: Granted, signal: AbortSignal): Promise<Task> {
  const until = clock.monotonic() + behindMs.most;
  while (task(taskUid) === undefined && clock.monotonic() < until && !signal.aborted) await delay(clock, behindMs.look, signal);
  const found = task(taskUid);
  if (found === undefined) throw new ConnectError(`no task with uid ${taskUid} is known here`, Code.NotFound);
  return found;
}
