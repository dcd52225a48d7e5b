// Who the user is, as the API server knows them by the credential of the kubeconfig.
import type { KubeClient } from '#platform/kube/types.ts';
import { Refusal } from '../failure.ts';

interface SelfSubjectReview {
  readonly status?: { readonly userInfo?: { readonly username?: string } };
}

/** The user's name. Everyone may ask it of themselves. */
export async function whoAmI(client: Pick<KubeClient, 'post'>): Promise<string> {
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const { status } = await client.post<SelfSubjectReview>('/apis/authentication.k8s.io/v1/selfsubjectreviews', review);
  const name = status?.userInfo?.username;
  if (name === undefined || name === '') throw new Refusal('find out who you are: the API server knows no name for this credential', 'log in again, or name another context: kubectl auth whoami');
  return name;
}
