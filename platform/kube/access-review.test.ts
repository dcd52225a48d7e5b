import { expect, test } from 'vitest';
import { createAccessReviews } from './access-review.ts';

function reviewsAnswered(answer: object) {
  const asked: { path: string; body: object }[] = [];
  const post = <T>(path: string, body: object) => {
    asked.push({ path, body });
    return Promise.resolve(answer as T);
  };
  return { asked, reviews: createAccessReviews({ post }) };
}
const jane = { username: 'jane', uid: 'u-1', groups: ['dev'], extra: { scopes: ['a'] } };

const tokens: Record<string, { audience?: string; status: object; want: object | undefined }> = {
  'a valid token gives its user': { status: { authenticated: true, user: jane }, want: jane },
  'a token for the audience asked for is valid': { audience: 'coditect', status: { authenticated: true, audiences: ['coditect'], user: jane }, want: jane },
  'a server that does not know audiences vouches for none': { audience: 'coditect', status: { authenticated: true, user: jane }, want: undefined },
  'a token for another audience is refused': { audience: 'coditect', status: { authenticated: true, audiences: ['other'], user: jane }, want: undefined },
  'an invalid token is refused': { status: { authenticated: false, error: 'expired' }, want: undefined },
  'an empty status is refused': { status: {}, want: undefined },
};
test.each(Object.entries(tokens))('%s', async (_, { audience, status, want }) => {
  const { reviews, asked } = reviewsAnswered({ status });
  expect(await reviews.review('secret', audience)).toEqual(want);
  expect(asked[0]).toMatchObject({ path: '/apis/authentication.k8s.io/v1/tokenreviews', body: { spec: { token: 'secret' } } });
});

const accesses: Record<string, { status: object; want: boolean }> = {
  'allowed is allowed': { status: { allowed: true }, want: true },
  'no opinion is no': { status: { allowed: false }, want: false },
  'denied beats allowed': { status: { allowed: true, denied: true }, want: false },
};
test.each(Object.entries(accesses))('%s', async (_, { status, want }) => {
  const { reviews, asked } = reviewsAnswered({ status });
  expect(await reviews.allowed(jane, { verb: 'get', group: 'coditect.ai', resource: 'missions', namespace: 'a', name: 'm' })).toBe(want);
  expect(asked[0]?.body).toMatchObject({ spec: { user: 'jane', uid: 'u-1', groups: ['dev'], extra: { scopes: ['a'] }, resourceAttributes: { verb: 'get', group: 'coditect.ai', resource: 'missions', namespace: 'a', name: 'm' } } });
});
