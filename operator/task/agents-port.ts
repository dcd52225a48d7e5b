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

/** Where a thinking agent stood between two turns; what another one needs to go on from there. */
export interface Checkpoint {
  /** The conversation. It holds texts of files, so no status lists it. */
  readonly talk: Artifact;
  /** What was changed until then; absent when nothing was. */
  readonly bundle?: Artifact;
  /** Commit inside that bundle; empty without one. */
  readonly commit: string;
  readonly turns: number;
}

/** What an agent shows to other services while it runs one attempt. */
export interface Grants {
  readonly blobGrant: string;
  /** Empty: the attempt may not call models. */
  readonly llmGrant: string;
}

/** Everything an agent needs to run one attempt. */
export interface Order extends Grants {
  readonly taskUid: string;
  readonly namespace: string;
  readonly name: string;
  readonly attempt: number;
  readonly epoch: Epoch;
  readonly specJson: string;
  readonly inputsJson: string;
  readonly workspace: WorkspaceSource;
  readonly namespaceUid: string;
  readonly ownerUid: string;
  readonly deadlineSeconds: number;
  /** Median run time of the same action in the past, in seconds; 0 when it never ran. */
  readonly pastSeconds: number;
  /** What the attempt goes on from; absent when it begins anew. */
  readonly checkpoint?: Checkpoint;
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
  reissue(agentUid: string, attempt: AttemptRef, newEpoch: Epoch, grants: Grants): boolean;
}
