// The agent: attempts, lease and connections put together, and the three ways to end it: drained, by emergency, or never.
import type { Clock } from '#platform/clock.ts';
import { delay } from '#platform/clock.ts';
import type { Random } from '#platform/ids.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Boundary } from '#sandbox/port.ts';
import { createAttempts } from './attempts.ts';
import { type Connections, keepConnected } from './connections.ts';
import type { RunTask } from './execution/run-task.ts';
import { createLeadership } from './leadership.ts';
import { createLease } from './lease.ts';
import { type AgentState, stateOf } from './lifecycle.ts';
import type { Dialer, WorkMessage } from './ports.ts';
import { protocolVersion } from './session.ts';

/** How long a drained agent waits for its last results to be confirmed, in milliseconds. */
const confirmMs = 4000;
/** Longest time that an emergency stop waits for processes to die, in milliseconds. */
const emergencyMs = 2000;

/** What the agent says of itself in its hello. */
export interface Identity {
  /** Another one for each process. */
  readonly processUuid: string;
  readonly slots: number;
  readonly agentTypes: readonly string[];
  readonly capabilities: readonly string[];
  readonly boundary: Boundary;
}

export interface AgentDeps {
  readonly identity: Identity;
  readonly dialer: Dialer;
  readonly runTask: RunTask;
  /** Kills every process that runs for a task, at once. */
  readonly killProcesses: () => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export type AgentEnd = 'drained' | 'emergency';

export interface Agent {
  readonly state: AgentState;
  /** Slots in use. */
  readonly held: number;
  /** Why the agent takes no work now; empty when it does. */
  notReady(): readonly string[];
  /** Takes no new work, lets what runs end for `withinMs` (for ever unless told), then leaves. */
  drain(reason: string, withinMs?: number): void;
  /** Kills everything within two seconds without asking anyone, and leaves. */
  emergencyStop(reason: string): void;
  /** Resolves when the agent has left. */
  readonly ended: Promise<AgentEnd>;
}

/** Starts an agent: from now on it connects, and works. */
export function startAgent(deps: AgentDeps): Agent {
  const { identity, clock, log } = deps;
  const leadership = createLeadership();
  const lease = createLease(clock);
  const attempts = createAttempts({ ...deps, slots: identity.slots, agentTypes: identity.agentTypes, leadership, lease });
  const over = Promise.withResolvers<AgentEnd>();
  let draining = false;
  let end: AgentEnd | 'no' = 'no';

  const hello = (): WorkMessage => ({
    message: { case: 'hello', value: { ...identity, agentTypes: [...identity.agentTypes], capabilities: [...identity.capabilities], protocolMin: protocolVersion, protocolMax: protocolVersion, highestTerm: leadership.highestTerm, claims: attempts.claims(), draining } },
  });
  const leave = async (how: AgentEnd, reason: string): Promise<void> => {
    if (end !== 'no') return;
    end = how;
    await within(emergencyMs, connections.stop(reason), clock);
    over.resolve(how);
  };
  const drain = async (reason: string, withinMs: number | undefined): Promise<void> => {
    log.info('draining: no new work', { reason, held: attempts.held });
    draining = true;
    attempts.refuseNew();
    // A new hello is how the leader learns of it without losing an assignment to a refusal.
    connections.renew();
    if (withinMs === undefined) await attempts.empty();
    else {
      await within(withinMs, attempts.empty(), clock);
      attempts.stopRunning();
      await within(confirmMs, attempts.empty(), clock);
    }
    await leave('drained', reason);
  };
  const supervised = (work: Promise<void>): void => void work.catch((error: unknown) => over.reject(error));
  const connections: Connections = keepConnected({ ...deps, leadership, lease, orders: attempts, hello, onDrain: (reason) => agent.drain(reason) });

  const agent: Agent = {
    get state() {
      return stateOf({ met: leadership.highestTerm > 0, held: attempts.held, draining, ended: end });
    },
    get held() {
      return attempts.held;
    },
    notReady: () => whyNotReady(agent.state, connections),
    drain: (reason, withinMs) => {
      if (!draining || withinMs !== undefined) supervised(drain(reason, withinMs));
    },
    emergencyStop: (reason) => {
      log.error('emergency stop: everything is being killed', { reason, held: attempts.held });
      supervised(within(emergencyMs, Promise.all([deps.killProcesses(), attempts.killAll()]), clock).then(() => leave('emergency', reason)));
    },
    ended: over.promise,
  };
  return agent;
}

function whyNotReady(state: AgentState, connections: Connections): readonly string[] {
  if (state !== 'IDLE' && state !== 'BUSY') return [`the agent is ${state}`];
  return connections.open === 0 ? ['no replica of the operator is connected'] : [];
}

/** Waits for `work`, but no longer than `ms`. */
async function within(ms: number, work: Promise<unknown>, clock: Clock): Promise<void> {
  const waiting = new AbortController();
  await Promise.race([work, delay(clock, ms, waiting.signal)]);
  waiting.abort();
}
