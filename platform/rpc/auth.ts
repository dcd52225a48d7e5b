// Who calls the api listener, and what they may do: bearer tokens, judged by the API server through a port.
import { createHash } from 'node:crypto';
import { Code, ConnectError, createContextKey, type HandlerContext, type Interceptor } from '@connectrpc/connect';
import type { AccessRequest, Authenticator, User } from '#api/access.ts';
import { audiences } from '#api/labels.ts';
import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';

const yesMs = 10_000;
const noMs = 1000;
const maxRemembered = 1024;

/** Remembers a yes for ten seconds and a no for one, so that a stream of calls does not become a stream of reviews. */
export function rememberReviews(authenticator: Authenticator, clock: Clock): Authenticator {
  const users = createMemory<User | undefined>(clock);
  const answers = createMemory<boolean>(clock);
  return {
    review: (token, audience) => users(digest([token, audience ?? '']), () => authenticator.review(token, audience)),
    allowed: (user, request) => answers(digest([user, request]), () => authenticator.allowed(user, request)),
  };
}

/** The user of an `Authorization` header on the api listener, or undefined when it holds no valid token. Tokens made for agents are not valid here. */
export async function userOf(authenticator: Authenticator, authorization: string | null | undefined): Promise<User | undefined> {
  const token = /^Bearer ([A-Za-z0-9._~+/=-]{1,16384})$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) return undefined;
  // Which audience to ask for is the only thing believed of an unverified token: the API server checks the answer.
  return claimsAudience(token, audiences.api) ? authenticator.review(token, audiences.api) : authenticator.review(token);
}

const userKey = createContextKey<User | undefined>(undefined, { description: 'user' });

/** Refuses every call without a valid bearer token; handlers find the caller with `callingUser`. */
export function bearerAuth(authenticator: Authenticator): Interceptor {
  return (next) => async (request) => {
    const user = await asked(() => userOf(authenticator, request.header.get('authorization')));
    if (user === undefined) throw new ConnectError('the bearer token is missing or not valid here; log in to the cluster again', Code.Unauthenticated);
    request.contextValues.set(userKey, user);
    return next(request);
  };
}

/** The user that `bearerAuth` let in. */
export function callingUser(context: Pick<HandlerContext, 'values'>): User {
  const user = context.values.get(userKey);
  if (user === undefined) throw new ConnectError('this call came without a user', Code.Unauthenticated);
  return user;
}

/** Passes when the calling user may do all of this, else PERMISSION_DENIED with the sentence kubectl would print. */
export async function requireAccess(authenticator: Authenticator, context: Pick<HandlerContext, 'values'>, ...requests: readonly AccessRequest[]): Promise<void> {
  const user = callingUser(context);
  for (const request of requests) {
    if (await asked(() => authenticator.allowed(user, request))) continue;
    const what = `${request.verb} ${request.resource}${request.group === '' ? '' : `.${request.group}`}${request.name === undefined ? '' : ` ${request.name}`}`;
    throw new ConnectError(`user ${user.username} may not ${what} in ${request.namespace === '' ? 'all namespaces' : `namespace ${request.namespace}`}; ask for a Role that allows it`, Code.PermissionDenied);
  }
}

async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw new ConnectError(`cannot ask the API server who calls: ${messageOf(error)}; try again`, Code.Unavailable);
  }
}

function claimsAudience(token: string, audience: string): boolean {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const aud = typeof claims === 'object' && claims !== null && 'aud' in claims ? claims.aud : undefined;
    return aud === audience || (Array.isArray(aud) && aud.includes(audience));
  } catch {
    // Static and opaque tokens have no claims.
    return false;
  }
}

function createMemory<T>(clock: Clock): (key: string, ask: () => Promise<T>) => Promise<T> {
  const known = new Map<string, { readonly value: T; readonly until: number }>();
  return async (key, ask) => {
    const hit = known.get(key);
    if (hit !== undefined && clock.monotonic() < hit.until) return hit.value;
    const value = await ask();
    known.delete(key);
    known.set(key, { value, until: clock.monotonic() + (value === undefined || value === false ? noMs : yesMs) });
    const oldest = known.keys().next();
    if (known.size > maxRemembered && oldest.done !== true) known.delete(oldest.value);
    return value;
  };
}

function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
}
