// The agents connected to this leader: who they are, when they were last heard, and how to reach them.
// It knows connections, not tasks: what a message means is decided by its listener.
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { AgentIdentity } from '#api/identity.ts';
import type { Epoch } from '#api/v1alpha1/schema.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { type WorkResponse, WorkResponseSchema } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import type { Agents, AgentView, AttemptRef, Claim, Grants, Order } from '../../task/agents-port.ts';
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
  view: AgentView;
  readonly processUuid: string;
  outbox: Outbox | undefined;
  /** Monotonic milliseconds, like idleSince. */
  lastHeard: number;
  /** When its last task ended, or when this process of it first said hello. */
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
export function createFleet(deps: FleetDeps): Fleet {
  return new TermFleet(deps);
}

class TermFleet implements Fleet {
  readonly #deps: FleetDeps;
  readonly #members = new Map<string, Member>();

  constructor(deps: FleetDeps) {
    this.#deps = deps;
  }

  view(agentUid: string): AgentView | undefined {
    return this.#members.get(agentUid)?.view;
  }

  members(): readonly (AgentView & { readonly quietMs: number })[] {
    const now = this.#deps.clock.monotonic();
    return [...this.#members.values()].filter(({ outbox }) => outbox !== undefined).map(({ view, idleSince }) => ({ ...view, quietMs: now - idleSince }));
  }

  taskEnded(agentUid: string): void {
    const member = this.#members.get(agentUid);
    if (member !== undefined) member.idleSince = this.#deps.clock.monotonic();
  }

  open(identity: AgentIdentity, hello: CheckedHello, outbox: Outbox): void {
    const { clock, log, listener } = this.#deps;
    const now = clock.monotonic();
    const known = this.#members.get(identity.uid);
    const sameProcess = known?.processUuid === hello.processUuid;
    const view = viewOf(identity, hello);
    this.#members.set(identity.uid, { view, processUuid: hello.processUuid, outbox, lastHeard: now, idleSince: sameProcess ? known.idleSince : now });
    known?.outbox?.close('replaced by a newer connection');
    log.info('agent connected', { agent: identity.pod, namespace: identity.namespace, pool: identity.pool, claims: hello.claims.length, sameProcess });
    listener.connected(view, hello.claims, sameProcess);
  }

  heard(agentUid: string, outbox: Outbox): boolean {
    const member = this.#members.get(agentUid);
    if (member?.outbox !== outbox) return false;
    member.lastHeard = this.#deps.clock.monotonic();
    return true;
  }

  closed(agentUid: string, outbox: Outbox): void {
    const member = this.#members.get(agentUid);
    if (member?.outbox !== outbox) return;
    member.outbox = undefined;
    this.#deps.log.info('agent disconnected', { agent: member.view.pod, namespace: member.view.namespace });
    this.#deps.listener.disconnected(agentUid);
  }

  tick(): void {
    const { clock, leaseSeconds, listener } = this.#deps;
    const limit = clock.monotonic() - leaseSeconds * 1000 * silenceFactor;
    for (const [uid, member] of this.#members) {
      if (member.lastHeard > limit) continue;
      this.#members.delete(uid);
      member.outbox?.close('nothing was heard for too long');
      listener.silent(uid);
    }
  }

  readonly drain = (agentUid: string, reason: string): void => {
    const member = this.#members.get(agentUid);
    if (member === undefined || member.view.draining) return;
    member.view = { ...member.view, draining: true };
    this.#send(agentUid, { case: 'drain', value: { reason } });
  };

  shutdown(reason: string): void {
    for (const { outbox } of this.#members.values()) outbox?.close(reason);
  }

  assign(agentUid: string, order: Order): boolean {
    return this.#send(agentUid, assignMessage(order));
  }

  abort(agentUid: string, { taskUid, attempt, epoch }: AttemptRef, reason: string): boolean {
    return this.#send(agentUid, { case: 'abort', value: { taskUid, attempt, epoch, reason: reason.slice(0, 256) } });
  }

  confirm(agentUid: string, { taskUid, attempt, epoch }: AttemptRef): boolean {
    return this.#send(agentUid, { case: 'confirm', value: { taskUid, attempt, epoch } });
  }

  reissue(agentUid: string, { taskUid, attempt, epoch }: AttemptRef, newEpoch: Epoch, grants: Grants): boolean {
    return this.#send(agentUid, { case: 'reissue', value: { taskUid, attempt, oldEpoch: epoch, newEpoch, ...grants } });
  }

  #send(agentUid: string, message: NonNullable<MessageInitShape<typeof WorkResponseSchema>['message']>): boolean {
    const outbox = this.#members.get(agentUid)?.outbox;
    if (outbox === undefined) return false;
    outbox.send(create(WorkResponseSchema, { message }));
    return true;
  }
}

function viewOf({ uid, pod, namespace, pool }: AgentIdentity, { slots, agentTypes, capabilities, boundary, draining }: CheckedHello): AgentView {
  return { uid, pod, namespace, pool, slots, agentTypes, capabilities, boundary, draining };
}
