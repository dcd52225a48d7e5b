// Makes the order for an attempt: inputs resolved, files located, blobs granted. What cannot be had is a refusal, not an error.
import { type BlobGrant, blobUri, parseBlobAddress } from '#api/blobs.ts';
import { agentUri } from '#api/identity.ts';
import type { LlmGrant } from '#api/llm.ts';
import type { OutcomeReason } from '#api/conditions.ts';
import { labels, taskRoles } from '#api/labels.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Artifact } from '#api/v1alpha1/schema.ts';
import type { Assignment, Task, Workspace } from '#api/v1alpha1/task.ts';
import { callsModels, judgesWork } from '#domain/cost/callers.ts';
import { changeBefore } from '#domain/memo/start.ts';
import type { AgentView, Checkpoint, Grants, Order, WorkspaceSource } from './agents-port.ts';

/** A grant that has no signature yet; `seconds` is how long it will be good. */
type Unsigned<G extends { readonly expiresAt: number }> = Omit<G, 'expiresAt'> & { readonly seconds: number };

/** What the order is made from. */
export interface OrderSources {
  mission(task: Task): Mission | undefined;
  /** Task of the same mission and run by its name in the plan. */
  sibling(task: Task, taskName: string): Task | undefined;
  /** UID of a namespace; it is part of every blob's address. */
  namespaceUid(namespace: string): Promise<string>;
  /** Files of a ConfigMap, or undefined when there is none. */
  configMapFiles(namespace: string, name: string): Promise<Readonly<Record<string, Uint8Array>> | undefined>;
  /** Median run time of succeeded tasks that did the same, in seconds; 0 without any. */
  pastSeconds(task: Task): number;
  /** Signs a grant for the blobs of one owner, or for calls of language models. */
  grant(grant: Unsigned<BlobGrant> | Unsigned<LlmGrant>): string;
  /** True where the installation has an LLM gateway. */
  readonly hasGateway: boolean;
}

export type OrderAnswer = { readonly kind: 'order'; readonly order: Order } | { readonly kind: 'refused'; readonly reason: OutcomeReason; readonly message: string };

// Blobs are stored after the action has ended; a grant outlives the deadline by this long.
const grantSlackSeconds = 3600;

/** Which attempt, by whom. */
export interface OrderRequest {
  readonly task: Task;
  readonly attempt: number;
  readonly assignment: Assignment;
  readonly agent: AgentView;
  /** What an agent that was lost left to go on from. */
  readonly checkpoint?: Checkpoint | undefined;
}

/** The order for one attempt on one agent. */
export async function makeOrder(request: OrderRequest, sources: OrderSources): Promise<OrderAnswer> {
  const { task, attempt, assignment } = request;
  const { metadata, spec } = task;
  const inputs = resolveInputs(task, sources);
  if (inputs.kind === 'refused') return inputs;
  const workspace = await locateWorkspace(task, sources);
  if (workspace.kind === 'refused') return workspace;
  const namespaceUid = await sources.namespaceUid(metadata.namespace);
  return {
    kind: 'order',
    order: {
      taskUid: metadata.uid,
      namespace: metadata.namespace,
      name: metadata.name,
      attempt,
      epoch: assignment.epoch,
      specJson: JSON.stringify(spec),
      inputsJson: JSON.stringify(inputs.values),
      workspace: workspace.source,
      ...grantsFor(request, namespaceUid, sources),
      namespaceUid,
      ownerUid: ownerOf(task),
      deadlineSeconds: spec.activeDeadlineSeconds,
      pastSeconds: sources.pastSeconds(task),
      ...goingOnFrom(request, namespaceUid),
    },
  };
}

/** An agent may leave what lies with the blobs of its own task alone: another one must not be sent to fetch a stranger's. */
function goingOnFrom({ task, checkpoint }: OrderRequest, namespaceUid: string): Pick<Order, 'checkpoint'> {
  if (checkpoint === undefined) return {};
  const { talk, bundle } = checkpoint;
  return artifactsBelong([talk, ...(bundle === undefined ? [] : [bundle])], namespaceUid, ownerOf(task)) ? { checkpoint } : {};
}

/** Grants for one attempt, for its agent alone: for the blobs of the task's owner, and for models on the account of its mission. */
export function grantsFor(request: OrderRequest, namespaceUid: string, sources: Pick<OrderSources, 'grant' | 'hasGateway'>): Grants {
  const { task, agent, attempt } = request;
  const holder = { agent: agentUri(agent), seconds: task.spec.activeDeadlineSeconds + grantSlackSeconds };
  const { uid: taskUid } = task.metadata;
  const spending = sources.hasGateway ? spendingOf(request, namespaceUid) : undefined;
  return {
    blobGrant: sources.grant({ ...holder, namespaceUid, ownerUid: ownerOf(task), taskUid, attempt }),
    llmGrant: spending === undefined ? '' : sources.grant({ ...holder, ...spending }),
  };
}

/** On whose account an attempt may call models; undefined for one that calls none, and for a task applied alone, which has no budget. */
function spendingOf({ task: { metadata, spec }, attempt, assignment, agent }: OrderRequest, namespaceUid: string): Pick<LlmGrant, 'account' | 'attempt' | 'epoch'> | undefined {
  if (spec.missionRef === undefined || !callsModels(spec)) return undefined;
  const { name: mission, uid: missionUid } = spec.missionRef;
  return { account: { namespace: metadata.namespace, namespaceUid, mission, missionUid, taskUid: metadata.uid, pool: agent.pool, poolNamespace: agent.namespace, purpose: judgesWork(spec) ? 'judge' : 'work' }, attempt, epoch: assignment.epoch };
}

/** The object that a task's blobs belong to. */
export function ownerOf(task: Task): string {
  return task.spec.missionRef?.uid ?? task.metadata.uid;
}

type Refusal = { readonly kind: 'refused'; readonly reason: OutcomeReason; readonly message: string };

/** The values of a task's inputs, or why one of them cannot be had. */
export function resolveInputs(task: Task, sources: Pick<OrderSources, 'sibling'>): { readonly kind: 'values'; readonly values: JsonObject } | Refusal {
  const values: Record<string, JsonObject[string]> = {};
  for (const { name, task: from, field } of task.spec.inputs) {
    const value = resolved(sources.sibling(task, from), field);
    // A report about what went wrong must not fail for want of what went wrong.
    if (value === undefined && task.metadata.labels?.[labels.role] === taskRoles.finally) continue;
    if (value === undefined) return { kind: 'refused', reason: 'InputMissing', message: `inputs.${name}: task ${from} has no ${field}` };
    values[name] = value;
  }
  return { kind: 'values', values };
}

const artifactPrefix = 'artifacts.';

function resolved(task: Task | undefined, field: string): JsonObject[string] | undefined {
  if (!field.startsWith(artifactPrefix)) return fieldOf(task, field);
  return task?.status?.artifacts?.find(({ name }) => name === field.slice(artifactPrefix.length));
}

function fieldOf(task: Task | undefined, field: string): JsonObject[string] | undefined {
  let value: unknown = task?.status;
  for (const part of field.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value as JsonObject[string];
}

type Located = { readonly kind: 'source'; readonly source: WorkspaceSource } | Refusal;

async function locateWorkspace(task: Task, sources: OrderSources): Promise<Located> {
  const { git, configMap } = task.spec.workspace ?? {};
  const output = outputOf(task, sources);
  if (git !== undefined) return locateGit(git, sources.mission(task)?.status?.workspace?.commit ?? '', output);
  if (configMap === undefined) return { kind: 'source', source: output };
  const { namespace } = task.metadata;
  const files = await sources.configMapFiles(namespace, configMap.name);
  if (files === undefined) return { kind: 'refused', reason: 'WorkspaceFailed', message: `workspace.configMap: no ConfigMap ${configMap.name} in namespace ${namespace}` };
  return { kind: 'source', source: { files, ...output } };
}

function locateGit({ url, ref, subPath = '', secretRef }: NonNullable<Workspace['git']>, commit: string, output: WorkspaceSource): Located {
  // The schema's pattern lets dots through: a path may not lead out of the repository.
  if (subPath.split('/').some((part) => part === '..' || part === '.git')) return { kind: 'refused', reason: 'WorkspaceFailed', message: `workspace.git.subPath: ${subPath} leads out of the files of the repository` };
  return { kind: 'source', source: { git: { url, ref, subPath, commit, secret: secretRef?.name ?? '' }, ...output } };
}

/** The files that the dependency named in workspaceFrom left: what it changed, or else what it started from itself; none when nobody changed anything. */
function outputOf(task: Task, sources: Pick<OrderSources, 'sibling'>): Pick<WorkspaceSource, 'bundle' | 'bundleCommit'> {
  const change = changeBefore(task.spec, (name) => sources.sibling(task, name));
  return change === undefined ? {} : { bundle: change.bundle, bundleCommit: change.bundleCommit };
}

/** True when every artifact lies where the blobs of this owner lie. */
export function artifactsBelong(artifacts: readonly Artifact[], namespaceUid: string, ownerUid: string): boolean {
  return artifacts.every(({ uri, sha256 }) => {
    const address = parseBlobAddress(uri);
    return address !== undefined && address.sha256 === sha256 && uri === blobUri({ namespaceUid, ownerUid, sha256 });
  });
}
