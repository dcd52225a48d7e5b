// One Work stream to one replica: hello, heartbeats, and orders while it leads.
import type { Clock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { LeaderHello, WorkResponse } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Orders } from './attempts.ts';
import type { Leader, Leadership } from './leadership.ts';
import type { Lease } from './lease.ts';
import type { WorkConnection, WorkMessage } from './ports.ts';

/** The protocol version that this agent speaks. */
export const protocolVersion = 1;

const answerMs = 10_000;
const shortestHeartbeatMs = 500;

export interface SessionDeps {
  readonly leadership: Leadership;
  readonly lease: Lease;
  readonly orders: Orders & { led(): void };
  /** The hello as of now. */
  readonly hello: () => WorkMessage;
  /** The leader wants this agent to take no new work; it will be stopped when it is idle. */
  readonly onDrain: (reason: string) => void;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Session {
  /** Resolves with true once the replica has answered, with false if it never did. */
  readonly answered: Promise<boolean>;
  /** Resolves when the stream is over. */
  readonly ended: Promise<void>;
  close(reason: string): void;
}

/** Says hello on `connection` and serves it to its end. */
export function openSession(connection: WorkConnection, deps: SessionDeps): Session {
  const answered = Promise.withResolvers<boolean>();
  const helloSentAt = deps.clock.monotonic();
  let closing: string | undefined;
  const close = (reason: string): void => {
    closing ??= reason;
    connection.close(reason);
  };
  const cancelAnswerTimer = deps.clock.after(answerMs, () => close('the replica does not answer'));
  connection.send(deps.hello());

  const serve = async (): Promise<void> => {
    const role = createRole(connection, close, deps, helloSentAt);
    let why = 'the replica ended the stream';
    try {
      for await (const response of connection.messages) {
        cancelAnswerTimer();
        role.receive(response);
        answered.resolve(true);
      }
    } catch (error) {
      why = messageOf(error);
    }
    cancelAnswerTimer();
    role.end();
    answered.resolve(false);
    deps.log.info('stream ended', { reason: closing ?? why });
  };
  return { answered: answered.promise, ended: serve(), close };
}

interface Role {
  receive(response: WorkResponse): void;
  end(): void;
}

/** What this replica is to us: nobody yet, a follower, or a leader. */
function createRole(connection: WorkConnection, close: (reason: string) => void, deps: SessionDeps, helloSentAt: number): Role {
  const { leadership, lease, orders, clock, log } = deps;
  let leader: Leader | undefined;
  let following = false;
  let heart: Heart | undefined;

  const lead = ({ protocol, term, leaseSeconds }: LeaderHello): void => {
    if (protocol !== protocolVersion) return close(`the leader speaks protocol ${protocol}, this agent ${protocolVersion}; upgrade the older one`);
    if (following || leader !== undefined) return close('the replica has begun to lead: it shall hear what is held now');
    const candidate = { term, send: (message: WorkMessage) => connection.send(message), close };
    if (!leadership.accept(candidate)) return close(`term ${term} is over: term ${leadership.highestTerm} has begun`);
    leader = candidate;
    lease.renew(helloSentAt, leaseSeconds * 1000);
    heart = startHeart(connection, close, { lease, clock, leaseMs: leaseSeconds * 1000 });
    log.info('connected to the leader', { term, leaseSeconds });
    orders.led();
  };
  const follow = (): void => {
    following = true;
    resign();
  };
  const resign = (): void => {
    heart?.stop();
    if (leader !== undefined) leadership.leave(leader);
    leader = undefined;
  };
  /** Orders of a leader that was replaced a moment ago by another stream of the same term still hold. */
  const isObeyed = () => leader !== undefined && leader.term === leadership.highestTerm;

  return {
    receive: ({ message }) => {
      if (message.case === 'hello') return lead(message.value);
      if (message.case === 'notLeader') follow();
      else if (message.case === 'heartbeatAck') heart?.acknowledged(message.value.sequence);
      else if (isObeyed()) obey(message, deps);
    },
    end: resign,
  };
}

function obey(message: WorkResponse['message'], { orders, onDrain }: SessionDeps): void {
  switch (message.case) {
    case 'assign':
      return orders.assign(message.value);
    case 'abort':
      return orders.abort(message.value);
    case 'confirm':
      return orders.confirm(message.value);
    case 'reissue':
      return orders.reissue(message.value);
    case 'drain':
      return onDrain(message.value.reason);
    case 'hello':
    case 'notLeader':
    case 'heartbeatAck':
    case undefined:
  }
}

interface Heart {
  acknowledged(sequence: bigint): void;
  stop(): void;
}

/** Six beats a lease. A leader that acknowledges none for half a lease is dialled anew. */
function startHeart(connection: WorkConnection, close: (reason: string) => void, { lease, clock, leaseMs }: { readonly lease: Lease; readonly clock: Clock; readonly leaseMs: number }): Heart {
  const sentAt = new Map<bigint, number>();
  let sequence = 0n;
  let cancel = () => {};
  const beat = (): void => {
    const [oldest] = sentAt.values();
    if (oldest !== undefined && clock.monotonic() - oldest > leaseMs / 2) return close('the leader does not acknowledge heartbeats');
    sequence += 1n;
    sentAt.set(sequence, clock.monotonic());
    connection.send({ message: { case: 'heartbeat', value: { sequence } } });
    cancel = clock.after(Math.max(shortestHeartbeatMs, leaseMs / 6), beat);
  };
  beat();
  return {
    acknowledged: (acknowledged) => {
      const at = sentAt.get(acknowledged);
      if (at === undefined) return;
      for (const known of sentAt.keys()) if (known <= acknowledged) sentAt.delete(known);
      lease.renew(at, leaseMs);
    },
    stop: () => cancel(),
  };
}
