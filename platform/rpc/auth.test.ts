import { Code, ConnectError, createContextValues } from '@connectrpc/connect';
import { describe, expect, test } from 'vitest';
import type { Authenticator, User } from '#api/access.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { bearerAuth, rememberReviews, requireAccess, userOf } from './auth.ts';

const jane: User = { username: 'jane', uid: 'u', groups: [], extra: {} };
const jwt = (claims: object) => `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`;

/** Knows tokens by `token@audience`; the API server's own audience is empty. */
function fakeAuthenticator(tokens: Record<string, User>, mayAll = false) {
  const asked: string[] = [];
  const authenticator: Authenticator = {
    review: (token, audience) => {
      asked.push(`${token}@${audience ?? ''}`);
      return Promise.resolve(tokens[`${token}@${audience ?? ''}`]);
    },
    allowed: (user, request) => {
      asked.push(`${user.username} ${request.verb} ${request.namespace}/${request.resource}/${request.name ?? ''}`);
      return Promise.resolve(mayAll);
    },
  };
  return { asked, authenticator };
}

describe('who a header stands for', () => {
  const forApi = jwt({ aud: ['coditect-api'] });
  const forAgents = jwt({ aud: ['coditect'] });
  const cases: Record<string, { tokens: Record<string, User>; header: string | null; want: User | undefined }> = {
    'a static token of the cluster': { tokens: { 'secret@': jane }, header: 'Bearer secret', want: jane },
    'a token made for the API server': { tokens: { [`${jwt({ aud: ['kubernetes'] })}@`]: jane }, header: `Bearer ${jwt({ aud: ['kubernetes'] })}`, want: jane },
    'a token made for us': { tokens: { [`${forApi}@coditect-api`]: jane }, header: `bearer ${forApi}`, want: jane },
    'a token made for agents is nobody here': { tokens: { [`${forAgents}@coditect`]: jane }, header: `Bearer ${forAgents}`, want: undefined },
    'a token that only says it is for us': { tokens: { [`${forApi}@coditect`]: jane }, header: `Bearer ${forApi}`, want: undefined },
    'no header': { tokens: { '@': jane }, header: null, want: undefined },
    'another scheme': { tokens: { 'secret@': jane }, header: 'Basic secret', want: undefined },
    'a token with a line break': { tokens: { 'a\nb@': jane }, header: 'Bearer a\nb', want: undefined },
  };
  test.each(Object.entries(cases))('%s', async (_, { tokens, header, want }) => expect(await userOf(fakeAuthenticator(tokens).authenticator, header)).toEqual(want));
});

describe('memory', () => {
  test('a yes is remembered for ten seconds', async () => {
    const clock = new ManualClock();
    const { asked, authenticator } = fakeAuthenticator({ 'secret@': jane });
    const remembered = rememberReviews(authenticator, clock);
    for (const ms of [0, 9999, 1]) {
      await clock.advance(ms);
      expect(await remembered.review('secret')).toEqual(jane);
    }
    expect(asked).toHaveLength(2);
  });
  test('a no is remembered for one second', async () => {
    const clock = new ManualClock();
    const { asked, authenticator } = fakeAuthenticator({});
    const remembered = rememberReviews(authenticator, clock);
    const request = { verb: 'get', group: 'coditect.ai', resource: 'missions', namespace: 'a', name: 'm' } as const;
    for (const ms of [0, 999, 1]) {
      await clock.advance(ms);
      expect(await remembered.review('x')).toBeUndefined();
      expect(await remembered.allowed(jane, request)).toBe(false);
    }
    expect(asked).toHaveLength(4);
  });
  test('an answer for one audience, user or object is not one for another', async () => {
    const { asked, authenticator } = fakeAuthenticator({ 'secret@': jane }, true);
    const remembered = rememberReviews(authenticator, new ManualClock());
    expect(await remembered.review('secret')).toEqual(jane);
    expect(await remembered.review('secret', 'coditect')).toBeUndefined();
    const request = { verb: 'get', group: 'coditect.ai', resource: 'missions', namespace: 'a', name: 'm' } as const;
    await remembered.allowed(jane, request);
    await remembered.allowed({ ...jane, username: 'joe' }, request);
    await remembered.allowed(jane, { ...request, name: 'n' });
    expect(asked).toHaveLength(5);
  });
  test('a failure is not remembered', async () => {
    let failing = true;
    const remembered = rememberReviews({ review: () => (failing ? Promise.reject(new Error('timeout')) : Promise.resolve(jane)), allowed: () => Promise.resolve(true) }, new ManualClock());
    await expect(remembered.review('secret')).rejects.toThrow('timeout');
    failing = false;
    expect(await remembered.review('secret')).toEqual(jane);
  });
});

describe('a call', () => {
  const call = async (authenticator: Authenticator, header: string | undefined, then: (values: ReturnType<typeof createContextValues>) => Promise<void> = () => Promise.resolve()) => {
    const contextValues = createContextValues();
    const request = { header: new Headers(header === undefined ? {} : { authorization: header }), contextValues };
    const handler = bearerAuth(authenticator)(async (passed) => {
      await then(passed.contextValues);
      return {} as never;
    });
    return handler(request as never).then(() => 'passed', (error: unknown) => ConnectError.from(error));
  };
  const request = { verb: 'create', group: 'coditect.ai', resource: 'missions', namespace: 'team-a' } as const;

  test('without a token is unauthenticated', async () => expect(await call(fakeAuthenticator({}).authenticator, undefined)).toMatchObject({ code: Code.Unauthenticated }));
  test('with a valid token reaches the handler, which may ask what the user may do', async () => {
    const { authenticator } = fakeAuthenticator({ 'secret@': jane }, true);
    expect(await call(authenticator, 'Bearer secret', (values) => requireAccess(authenticator, { values }, request))).toBe('passed');
  });
  test('of a user who may not is denied with a sentence', async () => {
    const { authenticator } = fakeAuthenticator({ 'secret@': jane }, false);
    const error = await call(authenticator, 'Bearer secret', (values) => requireAccess(authenticator, { values }, request));
    expect(error).toMatchObject({ code: Code.PermissionDenied, rawMessage: 'user jane may not create missions.coditect.ai in namespace team-a; ask for a Role that allows it' });
  });
  test('while the API server is away is unavailable, not denied', async () => {
    const away: Authenticator = { review: () => Promise.reject(new Error('connection refused')), allowed: () => Promise.resolve(true) };
    expect(await call(away, 'Bearer secret')).toMatchObject({ code: Code.Unavailable });
  });
});
