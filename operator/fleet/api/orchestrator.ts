// OrchestratorService: preview a plan, submit a mission, follow it, ask why it waits, read its logs.
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type { Authenticator } from '#api/access.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import type { KubeClient, ObjectKey, Store } from '#platform/kube/types.ts';
import type { LogsRequest, OrchestratorService } from '#platform/rpc/generated/coditect/v1alpha1/orchestrator_pb.ts';
import { createMission } from './create-mission.ts';
import { notLeader, readableMission } from './door.ts';
import type { Feed } from './feed.ts';
import { followMission } from './follow.ts';
import type { LiveLogs } from './live-logs.ts';
import type { LogPiece } from './log-buffer.ts';
import { currentTask } from './mission-stream.ts';
import { submittedMission } from './mission-request.ts';
import { invalid, taskNameFrom } from './parse.ts';
import { createPreviewer, type PreviewDeps } from './plan-preview.ts';

/** Why tasks wait; the leader's scheduler satisfies it. */
export interface Explainer {
  /** Tasks of a mission that wait; undefined when there is no such mission. */
  explain(mission: ObjectKey, task?: string): readonly { readonly task: string; readonly reason: string; readonly message: string; readonly position: number }[] | undefined;
}

export interface OrchestratorDeps extends Pick<PreviewDeps, 'preview' | 'clock'> {
  readonly client: Pick<KubeClient, 'create' | 'get'>;
  readonly authenticator: Authenticator;
  readonly missions: Store<Mission>;
  readonly tasks: Store<Task>;
  /** Undefined while this replica follows. */
  readonly explainer: () => Explainer | undefined;
  readonly feed: Feed;
  readonly logs: LiveLogs;
}

/** The service over its ports. */
export function createOrchestratorService(deps: OrchestratorDeps): ServiceImpl<typeof OrchestratorService> {
  return {
    plan: createPreviewer(deps),
    submit: (request, context) => createMission(deps, context, request.namespace, () => submittedMission(request)),
    async *follow(request, context) {
      const mission = await readableMission(deps, context, request.mission);
      if (deps.explainer() === undefined) throw notLeader();
      yield* followMission(mission, deps, context.signal);
    },
    async explain(request, context) {
      const { metadata } = await readableMission(deps, context, request.mission);
      const task = taskNameFrom(request.task, 'task');
      const explainer = deps.explainer();
      if (explainer === undefined) throw notLeader();
      const key = { namespace: metadata.namespace, name: metadata.name };
      const waiting = task === undefined ? explainer.explain(key) : explainer.explain(key, task);
      if (waiting === undefined) throw new ConnectError(`mission ${key.namespace}/${key.name} does not exist`, Code.NotFound);
      return { waiting: waiting.map((entry) => ({ ...entry })) };
    },
    async *logs(request, context) {
      for await (const { offset, data } of await openLog(deps, request, context)) yield { offset: BigInt(offset), data };
    },
  };
}

async function openLog(deps: OrchestratorDeps, { mission: key, task: name, offset }: LogsRequest, context: HandlerContext): Promise<AsyncIterable<LogPiece>> {
  const mission = await readableMission(deps, context, key, 'tasks');
  const taskName = taskNameFrom(name, 'task');
  if (taskName === undefined) throw invalid('task', 'must be set');
  if (offset > BigInt(Number.MAX_SAFE_INTEGER)) throw invalid('offset', 'is beyond every log');
  if (deps.explainer() === undefined) throw notLeader();
  const task = currentTask(deps.tasks, mission, taskName);
  if (task === undefined) throw new ConnectError(`mission ${mission.metadata.name} has no task ${taskName} in this run`, Code.NotFound);
  const { uid } = task.metadata;
  if (task.status?.outcome !== undefined && !deps.logs.has(uid)) throw new ConnectError(`task ${taskName} has ended; read its artifact log`, Code.NotFound);
  return deps.logs.read(uid, Number(offset), context.signal);
}
