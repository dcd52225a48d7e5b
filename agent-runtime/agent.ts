// The agent: attempts, lease and connections put together, and the two ways to end it: drained, or by emergency.
import type { Clock } from '#platform/clock.ts';
import { delay } from '#platform/clock.ts';
import type { Random } from '#platform/ids.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Boundary } from '#sandbox/port.ts';
import { Attempts } from './attempts.ts';
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
/** Longest wait for the streams to end, in milliseconds. */
const closeMs = 1000;

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

/** One agent process: from its making on it connects, and works. */
export class Agent {
  /** Resolves when the agent has left. */
  readonly ended: Promise<AgentEnd>;
  readonly #deps: AgentDeps;
  readonly #leadership = createLeadership();
  readonly #attempts: Attempts;
  readonly #connections: Connections;
  readonly #over = Promise.withResolvers<AgentEnd>();
  #draining = false;
  #end: AgentEnd | 'no' = 'no';

  constructor(deps: AgentDeps) {
    this.#deps = deps;
    this.ended = this.#over.promise;
    const { slots, agentTypes } = deps.identity;
    const shared = { leadership: this.#leadership, lease: createLease(deps.clock) };
    this.#attempts = new Attempts({ ...deps, ...shared, slots, agentTypes });
    this.#connections = keepConnected({ ...deps, ...shared, orders: this.#attempts, hello: () => this.#hello(), onDrain: (reason) => this.drain(reason) });
  }

  get state(): AgentState {
    return stateOf({ met: this.#leadership.highestTerm > 0, held: this.held, draining: this.#draining, ended: this.#end });
  }

  /** Slots in use. */
  get held(): number {
    return this.#attempts.held;
  }

  /** Why the agent takes no work now; empty when it does. */
  notReady(): readonly string[] {
    if (this.state !== 'IDLE' && this.state !== 'BUSY') return [`the agent is ${this.state}`];
    return this.#connections.open === 0 ? ['no replica of the operator is connected'] : [];
  }

  /** Takes no new work. It stays connected: whoever asked for it stops the process when it holds nothing. */
  drain(reason: string): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#attempts.refuseNew();
    this.#deps.log.info('draining: no new work', { reason, held: this.held });
  }

  /** Drains, lets what runs end for `withinMs`, stops the rest, reports it, and leaves. */
  leave(reason: string, withinMs: number): void {
    const wasDraining = this.#draining;
    this.drain(reason);
    // A new hello is how the leader learns of it without losing an assignment to a refusal.
    if (!wasDraining && this.held > 0) this.#connections.renew();
    this.#supervise(async () => {
      await within(withinMs, this.#attempts.empty(), this.#deps.clock);
      this.#attempts.stopRunning();
      await within(confirmMs, this.#attempts.empty(), this.#deps.clock);
      await this.#finish('drained', reason);
    });
  }

  /** Kills everything within two seconds without asking anyone, and leaves. */
  emergencyStop(reason: string): void {
    this.#deps.log.error('emergency stop: everything is being killed', { reason, held: this.held });
    this.#supervise(async () => {
      await within(emergencyMs, Promise.all([this.#deps.killProcesses(), this.#attempts.killAll()]), this.#deps.clock);
      await this.#finish('emergency', reason);
    });
  }

  #hello(): WorkMessage {
    const { agentTypes, capabilities, ...identity } = this.#deps.identity;
    const protocol = { protocolMin: protocolVersion, protocolMax: protocolVersion };
    const now = { highestTerm: this.#leadership.highestTerm, claims: this.#attempts.claims(), draining: this.#draining };
    return { message: { case: 'hello', value: { ...identity, ...protocol, ...now, agentTypes: [...agentTypes], capabilities: [...capabilities] } } };
  }

  async #finish(how: AgentEnd, reason: string): Promise<void> {
    if (this.#end !== 'no') return;
    this.#end = how;
    await within(closeMs, this.#connections.stop(reason), this.#deps.clock);
    this.#over.resolve(how);
  }

  #supervise(work: () => Promise<void>): void {
    work().catch((error: unknown) => this.#over.reject(error));
  }
}

/** Waits for `work`, but no longer than `ms`. */
async function within(ms: number, work: Promise<unknown>, clock: Clock): Promise<void> {
  const waiting = new AbortController();
  await Promise.race([work, delay(clock, ms, waiting.signal)]);
  waiting.abort();
}
