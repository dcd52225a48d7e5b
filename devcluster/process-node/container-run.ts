// The life of one container: start, probes, end, back-off, start again. It knows nothing of its pod's other containers.
import { formatTime } from '#api/time.ts';
import type { Ledger } from '../ledger.ts';
import { isRestarted, nextBackoffMs } from './backoff.ts';
import type { ContainerLog } from './container-log.ts';
import type { Invocation } from './environment.ts';
import type { Container, ContainerState, ContainerStatus, Probe, RestartPolicy, Termination } from './pod.ts';
import { repeatProbe } from './probes.ts';
import { type Exit, type RunningProcess, startProcess } from './process.ts';

type ReadyInvocation = Extract<Invocation, { kind: 'ready' }>;

export interface ContainerParts {
  readonly container: Container;
  readonly policy: RestartPolicy;
  /** Restarts counted by an earlier run of the node, and whether it ever started the container. */
  readonly restarts: number;
  readonly hasRun: boolean;
  readonly graceMs: number;
  readonly user: number | undefined;
  readonly folder: string;
  readonly log: ContainerLog;
  readonly ledger: Ledger;
  readonly now: () => number;
  /** What to start; rejects when the API server cannot be asked. */
  readonly invocation: () => Promise<Invocation>;
  /** Whether a probe holds now. */
  readonly check: (probe: Probe, invocation: ReadyInvocation) => Promise<boolean>;
  /** Called after each change of the status. */
  readonly changed: () => void;
}

const retryMs = 1000;

export class ContainerRun {
  readonly #parts: ContainerParts;
  readonly #stopping = new AbortController();
  #state: ContainerState = { waiting: { reason: 'ContainerCreating' } };
  #last: Termination | undefined;
  #beforeLast: Termination | undefined;
  #id: string | undefined;
  #restarts: number;
  #hasRun: boolean;
  #isStarted = false;
  #isReady = false;
  #isFinished = false;
  #process: RunningProcess | undefined;
  #killTimer: NodeJS.Timeout | undefined;

  constructor(parts: ContainerParts) {
    this.#parts = parts;
    this.#restarts = parts.restarts;
    this.#hasRun = parts.hasRun;
  }

  /** True when it has ended and will not start again. */
  get isFinished(): boolean {
    return this.#isFinished;
  }

  get isRunning(): boolean {
    return this.#state.running !== undefined;
  }

  status(): ContainerStatus {
    const { name, image } = this.#parts.container;
    const last = this.#state.terminated === undefined ? this.#last : this.#beforeLast;
    return {
      name,
      image,
      imageID: image,
      state: this.#state,
      lastState: last === undefined ? {} : { terminated: last },
      ready: this.#isReady,
      started: this.#isStarted,
      restartCount: this.#restarts,
      ...(this.#id === undefined ? {} : { containerID: this.#id }),
    };
  }

  /** Says why it does not run yet. */
  wait(reason: string, message?: string): void {
    const { waiting } = this.#state;
    if (waiting?.reason === reason && waiting.message === message) return;
    this.#set({ waiting: { reason, ...(message === undefined ? {} : { message }) } });
  }

  /** Runs it, again and again as the policy says; resolves with the last exit code when it will not run any more. */
  async run(): Promise<number> {
    const { policy } = this.#parts;
    let backoffMs: number | undefined;
    let exitCode = 0;
    while (!this.#stopping.signal.aborted) {
      const ready = await this.#ready();
      if (ready === undefined) break;
      const startedAt = performance.now();
      exitCode = await this.#runOnce(ready);
      if (this.#stopping.signal.aborted || !isRestarted(policy, exitCode)) break;
      backoffMs = nextBackoffMs(backoffMs, performance.now() - startedAt);
      this.wait('CrashLoopBackOff', `back-off ${backoffMs / 1000}s restarting failed container=${this.#parts.container.name}`);
      await this.#pause(backoffMs);
    }
    this.#finish();
    return exitCode;
  }

  /** Ends it: SIGTERM, then SIGKILL after `graceMs`. A later call with less grace shortens the rest. */
  stop(graceMs: number): void {
    this.#stopping.abort();
    if (this.#process !== undefined) this.#end(this.#process, graceMs);
  }

  async #ready(): Promise<ReadyInvocation | undefined> {
    while (!this.#stopping.signal.aborted) {
      try {
        const invocation = await this.#parts.invocation();
        if (invocation.kind === 'ready') return this.#stopping.signal.aborted ? undefined : invocation;
        this.wait('CreateContainerConfigError', invocation.message);
      } catch (error) {
        this.wait('CreateContainerConfigError', error instanceof Error ? error.message : String(error));
      }
      await this.#pause(retryMs);
    }
    return undefined;
  }

  async #runOnce(invocation: ReadyInvocation): Promise<number> {
    const { log, ledger, user, folder, now } = this.#parts;
    if (this.#hasRun) this.#restarts += 1;
    this.#hasRun = true;
    log.begin();
    const startedAt = formatTime(now());
    const running = startProcess({ argv: invocation.argv, env: invocation.env, folder: invocation.workingFolder ?? folder, user, onOutput: (stream, text) => log.write(stream, text) });
    this.#process = running;
    const entry = running.identity === undefined ? undefined : { ...running.identity, ...(user === undefined ? {} : { user }) };
    if (entry !== undefined) ledger.add(entry);
    this.#id = running.identity === undefined ? undefined : `process://${running.identity.pid}-${running.identity.startTime}`;
    const probing = new AbortController();
    if (running.identity !== undefined) this.#begin(startedAt, running, invocation, probing.signal);
    const exit = await running.exited;
    probing.abort();
    clearTimeout(this.#killTimer);
    this.#process = undefined;
    if (entry !== undefined) ledger.remove(entry);
    if (exit.startFault !== undefined) log.write('stderr', `${exit.startFault}\n`);
    log.end();
    this.#ended(exit, startedAt);
    return exit.exitCode;
  }

  #begin(startedAt: string, running: RunningProcess, invocation: ReadyInvocation, signal: AbortSignal): void {
    const { startupProbe, readinessProbe, livenessProbe } = this.#parts.container;
    const check = (probe: Probe) => () => this.#parts.check(probe, invocation);
    const restart = () => {
      this.#end(running, this.#parts.graceMs);
      return true;
    };
    const started = () => {
      this.#isStarted = true;
      this.#isReady = readinessProbe === undefined;
      this.#parts.changed();
      if (readinessProbe !== undefined) void repeatProbe(readinessProbe, check(readinessProbe), (verdict) => this.#setReady(verdict === 'success'), { signal, isEager: true });
      if (livenessProbe !== undefined) void repeatProbe(livenessProbe, check(livenessProbe), (verdict) => verdict === 'failure' && restart(), { signal, isEager: false });
      return true;
    };
    this.#set({ running: { startedAt } });
    if (startupProbe === undefined) started();
    else void repeatProbe(startupProbe, check(startupProbe), (verdict) => (verdict === 'success' ? started() : restart()), { signal, isEager: false });
  }

  #setReady(isReady: boolean): false {
    if (this.#isReady !== isReady) {
      this.#isReady = isReady;
      this.#parts.changed();
    }
    return false;
  }

  #end(running: RunningProcess, graceMs: number): void {
    running.terminate();
    clearTimeout(this.#killTimer);
    this.#killTimer = setTimeout(() => running.kill(), graceMs);
  }

  #ended({ exitCode, signal, startFault }: Exit, startedAt: string): void {
    const reason = startFault === undefined ? (exitCode === 0 ? 'Completed' : 'Error') : 'StartError';
    this.#beforeLast = this.#last;
    this.#last = {
      exitCode,
      reason,
      startedAt,
      finishedAt: formatTime(this.#parts.now()),
      ...(signal === undefined ? {} : { signal }),
      ...(startFault === undefined ? {} : { message: startFault }),
      ...(this.#id === undefined ? {} : { containerID: this.#id }),
    };
    this.#isStarted = false;
    this.#isReady = false;
    this.#set({ terminated: this.#last });
  }

  /** A container that never ran ends as killed. */
  #finish(): void {
    this.#isFinished = true;
    const at = formatTime(this.#parts.now());
    this.#set({ terminated: this.#last ?? { exitCode: 137, reason: 'ContainerStatusUnknown', message: 'The container was stopped before it started.', startedAt: at, finishedAt: at } });
  }

  #set(state: ContainerState): void {
    this.#state = state;
    this.#parts.changed();
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#stopping;
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, ms);
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      }
      signal.addEventListener('abort', done);
    });
  }
}
