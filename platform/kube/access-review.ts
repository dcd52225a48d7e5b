// Whose token is it, and may they do it? Asked of the API server, which alone knows.
import type { Authenticator, User } from '#api/access.ts';
import type { KubeClient } from './types.ts';

interface TokenReview {
  readonly status?: { readonly authenticated?: boolean; readonly audiences?: readonly string[]; readonly user?: Partial<User> };
}

interface SubjectAccessReview {
  readonly status?: { readonly allowed?: boolean; readonly denied?: boolean };
}

/** TokenReview and SubjectAccessReview through this client. Neither writes anything, so a replica that does not lead may ask too. */
export function createAccessReviews(client: Pick<KubeClient, 'post'>): Authenticator {
  return {
    review: async (token, audience) => {
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token, ...(audience === undefined ? {} : { audiences: [audience] }) } };
      const { status } = await client.post<TokenReview>('/apis/authentication.k8s.io/v1/tokenreviews', body);
      // A server that does not know audiences answers without one: then the token is good for the API server, not for us.
      const isForUs = audience === undefined || status?.audiences?.includes(audience) === true;
      return status?.authenticated === true && isForUs ? userOf(status) : undefined;
    },
    allowed: async ({ username, uid, groups, extra }, { resource, ...attributes }) => {
      const spec = { user: username, uid, groups, extra, resourceAttributes: { resource, ...attributes } };
      const { status } = await client.post<SubjectAccessReview>('/apis/authorization.k8s.io/v1/subjectaccessreviews', { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec });
      return status?.allowed === true && status.denied !== true;
    },
  };
}

function userOf({ user }: NonNullable<TokenReview['status']>): User | undefined {
  if (user?.username === undefined) return undefined;
  return { username: user.username, uid: user.uid ?? '', groups: user.groups ?? [], extra: user.extra ?? {} };
}
