// Whose token is it, and may they do it? Asked of the API server, which alone knows.
import type { KubeClient } from './types.ts';

/** A user as the API server describes one. */
export interface ReviewedUser {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** What somebody wants to do, in the words of RBAC. */
export interface ReviewedRequest {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name?: string;
}

export interface AccessReviews {
  /** The user of a token that is valid for this audience (without one: the API server's own), or undefined. */
  review(token: string, audience?: string): Promise<ReviewedUser | undefined>;
  allowed(user: ReviewedUser, request: ReviewedRequest): Promise<boolean>;
}

interface TokenReview {
  readonly status?: { readonly authenticated?: boolean; readonly audiences?: readonly string[]; readonly user?: Partial<ReviewedUser> };
}

interface SubjectAccessReview {
  readonly status?: { readonly allowed?: boolean; readonly denied?: boolean };
}

/** TokenReview and SubjectAccessReview through this client. Neither writes anything, so a replica that does not lead may ask too. */
export function createAccessReviews(client: Pick<KubeClient, 'post'>): AccessReviews {
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

function userOf({ user }: NonNullable<TokenReview['status']>): ReviewedUser | undefined {
  if (user?.username === undefined) return undefined;
  return { username: user.username, uid: user.uid ?? '', groups: user.groups ?? [], extra: user.extra ?? {} };
}
