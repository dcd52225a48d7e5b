// What the life of attempts needs of the connected agents. The fleet satisfies it.
import type { Artifact, Epoch } from '#api/v1alpha1/schema.ts';
import type { AgentView } from './decide/claimant.ts';

export type { AgentView, Claim } from './decide/claimant.ts';

/** Where the files of an attempt come from. */
export interface WorkspaceSource {
  readonly git?: { readonly url: string; readonly ref: string; readonly subPath: string; readonly commit: string; readonly secret: string };
  readonly files?: Readonly<Record<string, Uint8Array>>;
  /** Output of the dependency to start from. */
  readonly bundle?: Artifact;
  readonly bundleCommit?: string;
}

/** Everything an agent needs to run one attempt. */
export interface Order {
  readonly taskUid: string;
  readonly namespace: string;
  readonly name: string;
  readonly attempt: number;
  readonly epoch: Epoch;
  readonly specJson: string;
  readonly inputsJson: string;
  readonly workspace: WorkspaceSource;
  readonly blobGrant: string;
  readonly namespaceUid: string;
  readonly ownerUid: string;
  readonly deadlineSeconds: number;
  /** Median run time of the same action in the past, in seconds; 0 when it never ran. */
  readonly pastSeconds: number;
}

export interface AttemptRef {
  readonly taskUid: string;
  readonly attempt: number;
  readonly epoch: Epoch;
}

/** Sending never waits. False: the agent is not connected, so nothing was sent. */
export interface Agents {
  view(agentUid: string): AgentView | undefined;
  assign(agentUid: string, order: Order): boolean;
  abort(agentUid: string, attempt: AttemptRef, reason: string): boolean;
  confirm(agentUid: string, attempt: AttemptRef): boolean;
  reissue(agentUid: string, attempt: AttemptRef, newEpoch: Epoch, blobGrant: string): boolean;
}
