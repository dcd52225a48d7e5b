// The agents connected to this leader: who they are, when they were last heard, and how to reach them.
// It knows connections, not tasks: what a message means is decided by its listener.
import { create } from '@bufbuild/protobuf';
import type { AgentIdentity } from '#api/identity.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { type WorkResponse, WorkResponseSchema } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import type { Agents, AgentView, Claim } from '../../task/agents-port.ts';
import { assignMessage, type CheckedHello } from './messages.ts';

/** One direction of a stream: to the agent. */
export interface Outbox {
  send(message: WorkResponse): void;
  /** Ends the stream; the agent connects again. */
  close(reason: string): void;
}

export interface FleetListener {
  /** An agent said hello. `sameProcess`: it is the process that was known before. */
  connected(agent: AgentView, claims: readonly Claim[], sameProcess: boolean): void;
  disconnected(agentUid: string): void;
  /** Nothing was heard for so long that the agent has stopped its attempts by itself. */
  silent(agentUid: string): void;
}

interface Member {
  readonly view: AgentView;
  readonly processUuid: string;
  outbox: Outbox | undefined;
  /** Monotonic milliseconds, like idleSince. */
  lastHeard: number;
  /** When its last task ended, or when it first said hello. */
  idleSince: number;
}

export interface FleetDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly leaseSeconds: number;
  readonly listener: FleetListener;
}

export interface Fleet extends Agents {
  open(identity: AgentIdentity, hello: CheckedHello, outbox: Outbox): void;
  /** Notes that something was heard on this stream; false when another stream has taken its place. */
  heard(agentUid: string, outbox: Outbox): boolean;
  closed(agentUid: string, outbox: Outbox): void;
  /** Finds agents that have fallen silent; to be called about once a second. */
  tick(): void;
  drain(agentUid: string, reason: string): void;
  /** Connected agents, with the milliseconds since their last task ended. */
  members(): readonly (AgentView & { readonly quietMs: number })[];
  /** Notes that a task of this agent ended. */
  taskEnded(agentUid: string): void;
  shutdown(reason: string): void;
}

const silenceFactor = 1.5;

/** The fleet of one term. */
export function createFleet({ clock, log, leaseSeconds, listener }: FleetDeps): Fleet {
  const members = new Map<string, Member>();

  function send(agentUid: string, message: WorkResponse): boolean {
    const outbox = members.get(agentUid)?.outbox;
    if (outbox === undefined) return false;
    outbox.send(message);
    return true;
  }

  function viewOf(identity: AgentIdentity, { slots, agentTypes, capabilities, boundary, draining }: CheckedHello): AgentView {
    return { uid: identity.uid, pod: identity.pod, namespace: identity.namespace, pool: identity.pool, slots, agentTypes, capabilities, boundary, draining };
  }

  return {
    view: (agentUid) => members.get(agentUid)?.view,
    members: () => [...members.values()].filter(({ outbox }) => outbox !== undefined).map(({ view, idleSince }) => ({ ...view, quietMs: clock.monotonic() - idleSince })),
    taskEnded(agentUid) {
      const member = members.get(agentUid);
      if (member !== undefined) member.idleSince = clock.monotonic();
    },
    open(identity, hello, outbox) {
      const known = members.get(identity.uid);
      const sameProcess = known?.processUuid === hello.processUuid;
      const view = viewOf(identity, hello);
      members.set(identity.uid, { view, processUuid: hello.processUuid, outbox, lastHeard: clock.monotonic(), idleSince: sameProcess ? (known?.idleSince ?? clock.monotonic()) : clock.monotonic() });
      known?.outbox?.close('replaced by a newer connection');
      log.info('agent connected', { agent: identity.pod, namespace: identity.namespace, pool: identity.pool, claims: hello.claims.length, sameProcess });
      listener.connected(view, hello.claims, sameProcess);
    },
    heard(agentUid, outbox) {
      const member = members.get(agentUid);
      if (member?.outbox !== outbox) return false;
      member.lastHeard = clock.monotonic();
      return true;
    },
    closed(agentUid, outbox) {
      const member = members.get(agentUid);
      if (member?.outbox !== outbox) return;
      member.outbox = undefined;
      log.info('agent disconnected', { agent: member.view.pod, namespace: member.view.namespace });
      listener.disconnected(agentUid);
    },
    tick() {
      const limit = clock.monotonic() - leaseSeconds * 1000 * silenceFactor;
      for (const [uid, member] of members) {
        if (member.lastHeard > limit) continue;
        member.outbox?.close('nothing was heard for too long');
        members.delete(uid);
        listener.silent(uid);
      }
    },
    drain(agentUid, reason) {
      const member = members.get(agentUid);
      if (member === undefined || member.view.draining) return;
      members.set(agentUid, { ...member, view: { ...member.view, draining: true } });
      send(agentUid, create(WorkResponseSchema, { message: { case: 'drain', value: { reason } } }));
    },
    shutdown(reason) {
      for (const { outbox } of members.values()) outbox?.close(reason);
    },
    assign: (agentUid, order) => send(agentUid, assignMessage(order)),
    abort: (agentUid, { taskUid, attempt, epoch }, reason) => send(agentUid, create(WorkResponseSchema, { message: { case: 'abort', value: { taskUid, attempt, epoch, reason: reason.slice(0, 256) } } })),
    confirm: (agentUid, { taskUid, attempt, epoch }) => send(agentUid, create(WorkResponseSchema, { message: { case: 'confirm', value: { taskUid, attempt, epoch } } })),
    reissue: (agentUid, { taskUid, attempt, epoch }, newEpoch, blobGrant) =>
      send(agentUid, create(WorkResponseSchema, { message: { case: 'reissue', value: { taskUid, attempt, oldEpoch: epoch, newEpoch, blobGrant } } })),
  };
}
