// The door for orders: an Assign message becomes typed values here, or says what is wrong with it.
import type { Artifact } from '#api/v1alpha1/schema.ts';
import { JsonObject } from '#api/v1alpha1/json.ts';
import { TaskSpec } from '#api/v1alpha1/task.ts';
import type { ArtifactRef } from '#platform/rpc/generated/coditect/v1alpha1/common_pb.ts';
import type { Assign, Checkpoint as CheckpointMessage, WorkspaceSource } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import type { Source } from './workspace/workspace.ts';

/** Where a blob is, and how large it is said to be. */
export type BlobRef = Pick<Artifact, 'uri' | 'sha256' | 'sizeBytes'>;

/** What an agent that was lost left of the same task. */
export interface Left {
  readonly talk: BlobRef;
  /** Absent when nothing was changed until then. */
  readonly files?: { readonly blob: BlobRef; readonly commit: string };
}

/** Everything one attempt needs to know. */
export interface Order {
  readonly taskUid: string;
  /** `namespace/name`, for logs. */
  readonly task: string;
  readonly attempt: number;
  readonly spec: TaskSpec;
  readonly inputs: JsonObject;
  readonly source: Source;
  /** Output of a dependency to start from. */
  readonly bundle?: { readonly blob: Pick<Artifact, 'uri' | 'sha256'>; readonly commit: string };
  readonly namespaceUid: string;
  readonly ownerUid: string;
  readonly deadlineSeconds: number;
  /** Median run time of the same action in the past, in seconds; absent when it never ran. */
  readonly pastSeconds?: number;
  /** What to go on from; absent when it begins anew. */
  readonly left?: Left;
}

export type ReadOrder = { readonly kind: 'order'; readonly order: Order } | { readonly kind: 'fault'; readonly message: string };

/** Checks an assignment. */
export function readAssign(assign: Assign): ReadOrder {
  const spec = parse(TaskSpec, assign.specJson);
  if (spec === undefined) return { kind: 'fault', message: 'spec_json is not a Task spec that this agent understands' };
  const inputs = parse(JsonObject, assign.inputsJson === '' ? '{}' : assign.inputsJson);
  if (inputs === undefined) return { kind: 'fault', message: 'inputs_json is not an object' };
  const { taskUid, attempt, namespaceUid, ownerUid, deadlineSeconds, pastSeconds, workspace, task, checkpoint } = assign;
  const name = task === undefined ? taskUid : `${task.namespace}/${task.name}`;
  return { kind: 'order', order: { taskUid, task: name, attempt, spec, inputs, source: sourceOf(workspace?.source), ...bundleOf(workspace), namespaceUid, ownerUid, deadlineSeconds, ...(pastSeconds > 0 ? { pastSeconds } : {}), ...leftOf(checkpoint) } };
}

function leftOf(checkpoint: CheckpointMessage | undefined): Pick<Order, 'left'> {
  if (checkpoint?.talk === undefined) return {};
  const { talk, bundle, commit } = checkpoint;
  return { left: { talk: blobRef(talk), ...(bundle === undefined ? {} : { files: { blob: blobRef(bundle), commit } }) } };
}

function blobRef({ uri, sha256, sizeBytes }: ArtifactRef): BlobRef {
  return { uri, sha256, sizeBytes: Number(sizeBytes) };
}

function bundleOf(workspace: WorkspaceSource | undefined): Pick<Order, 'bundle'> {
  if (workspace?.bundle === undefined) return {};
  const { uri, sha256 } = workspace.bundle;
  return { bundle: { blob: { uri, sha256 }, commit: workspace.bundleCommit } };
}

function sourceOf(source: WorkspaceSource['source'] | undefined): Source {
  if (source === undefined) return { kind: 'empty' };
  switch (source.case) {
    case 'git': {
      const { url, ref, ...rest } = source.value;
      return { kind: 'git', url, ref: ref === '' ? 'HEAD' : ref, ...setOf(rest, ['subPath', 'commit', 'secret']) };
    }
    case 'files':
      return { kind: 'files', files: source.value.files };
    case undefined:
      return { kind: 'empty' };
  }
}

/** The fields that are set: on the wire an absent text is an empty one. */
function setOf<K extends string>(values: Readonly<Record<K, string>>, names: readonly K[]): { [N in K]?: string } {
  return Object.fromEntries(names.filter((name) => values[name] !== '').map((name) => [name, values[name]])) as { [N in K]?: string };
}

function parse<T>(schema: { safeParse(value: unknown): { success: boolean; data?: T } }, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
