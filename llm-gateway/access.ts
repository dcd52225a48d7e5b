// Who calls and who pays: the operator says it itself, an agent shows what the operator signed for one attempt.
import type { IncomingHttpHeaders } from 'node:http';
import { type AgentIdentity, agentUri } from '#api/identity.ts';
import { Account, llmHeaders, type LlmGrant } from '#api/llm.ts';
import type { Clock } from '#platform/clock.ts';
import type { GrantVerifier } from '#platform/rpc/grant.ts';

/** What the connection proved, and what the request says. */
export interface Caller {
  readonly isOperator: boolean;
  /** The agent whose certificate was shown. */
  readonly agent: AgentIdentity | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** Who pays for a call; with `attempt` when an agent makes it. */
export interface Charge {
  readonly account: Account;
  readonly attempt?: Pick<LlmGrant, 'attempt' | 'epoch'>;
}

export type Access = { readonly kind: 'allowed'; readonly charge: Charge } | { readonly kind: 'refused'; readonly status: 401 | 403; readonly reason: string };

export interface AccessOptions {
  /** Checks grants under the newest CA bundle. */
  readonly verifyGrant: GrantVerifier<LlmGrant>;
  readonly clock: Clock;
}

const refused = (status: 401 | 403, reason: string): Access => ({ kind: 'refused', status, reason });

/** Decides who pays for a call of this caller. */
export function accessOf({ verifyGrant, clock }: AccessOptions, { isOperator, agent, headers }: Caller): Access {
  if (isOperator) return ofOperator(headers[llmHeaders.account]);
  if (agent === undefined) return refused(401, 'the certificate names neither the operator nor an agent');
  const text = headers[llmHeaders.grant];
  if (typeof text !== 'string') return refused(401, `the header ${llmHeaders.grant} is missing`);
  const verdict = verifyGrant(text, agentUri(agent), clock.now());
  if (verdict.kind === 'refused') return refused(403, verdict.reason);
  const { account, attempt, epoch } = verdict.grant;
  return { kind: 'allowed', charge: { account, attempt: { attempt, epoch } } };
}

function ofOperator(header: string | string[] | undefined): Access {
  const account = typeof header === 'string' ? parseAccount(header) : undefined;
  return account === undefined ? refused(403, `the header ${llmHeaders.account} must be an Account, JSON in base64url`) : { kind: 'allowed', charge: { account } };
}

function parseAccount(header: string): Account | undefined {
  try {
    return Account.safeParse(JSON.parse(Buffer.from(header, 'base64url').toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
