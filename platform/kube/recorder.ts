// Kubernetes Events for people: what happened to a mission or a pool. Recording never throws, never waits and never holds up work.
import type { Clock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { Random } from '#platform/ids.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { isKubeError } from './error.ts';
import { Fifo } from './fifo.ts';
import { formatMicroTime } from './micro-time.ts';
import { noteText } from './note-text.ts';
import { events } from './resources.ts';
import type { KubeClient, KubeObject, NewObject } from './types.ts';

/** One thing that happened to an object. */
export interface Happening {
  readonly regarding: KubeObject;
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, past tense. */
  readonly reason: string;
  /** What was done, CamelCase. */
  readonly action: string;
  readonly note: string;
}

export interface RecorderOptions {
  readonly client: Pick<KubeClient, 'create' | 'mergePatch'>;
  /** Name of the controller, such as `coditect.ai/operator`. */
  readonly controller: string;
  /** Name of this process, such as its pod. */
  readonly instance: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface EventRecorder {
  record(happening: Happening): void;
  /** Writes what waits, counts of repetitions included. */
  stop(): Promise<void>;
  /** Events given up because the queue was full or the server refused them. */
  readonly dropped: number;
}

/** A recorder that writes one event at a time. */
export function createEventRecorder(options: RecorderOptions): EventRecorder {
  return new QueuedRecorder(options);
}

const queueLimit = 512;
const seriesLimit = 4096;
/** The same happening within this time is a repetition of the first. */
const seriesMs = 600_000;
/** Repetitions are counted here and written at most this often. */
const seriesWriteMs = 30_000;

interface Series {
  readonly namespace: string;
  readonly name: string;
  count: number;
  lastAt: number;
  lastSeen: string;
  cancelWrite: (() => void) | undefined;
}

class QueuedRecorder implements EventRecorder {
  readonly #options: RecorderOptions;
  readonly #series = new Map<string, Series>();
  readonly #queue = new Fifo<() => Promise<unknown>>();
  #writing: Promise<void> | undefined;
  #dropped = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  get dropped(): number {
    return this.#dropped;
  }

  record(happening: Happening): void {
    const { clock } = this.#options;
    this.#forgetOld();
    const id = identityOf(happening);
    const known = this.#series.get(id);
    if (known !== undefined) return this.#repeat(id, known);
    const event = this.#eventOf(happening);
    const { name, namespace = '' } = event.metadata;
    this.#series.set(id, { namespace, name, count: 1, lastAt: clock.monotonic(), lastSeen: '', cancelWrite: undefined });
    this.#enqueue(() => this.#options.client.create(events, event));
  }

  async stop(): Promise<void> {
    for (const [id, series] of this.#series) {
      if (series.cancelWrite === undefined) continue;
      series.cancelWrite();
      this.#writeSeries(id, series);
    }
    await this.#writing;
  }

  #repeat(id: string, series: Series): void {
    const { clock } = this.#options;
    series.count++;
    series.lastAt = clock.monotonic();
    series.lastSeen = formatMicroTime(clock.now());
    // Re-inserted so that the map stays in order of the last repetition.
    this.#series.delete(id);
    this.#series.set(id, series);
    series.cancelWrite ??= clock.after(seriesWriteMs, () => this.#writeSeries(id, series));
  }

  #writeSeries(id: string, series: Series): void {
    series.cancelWrite = undefined;
    this.#enqueue(async () => {
      const { namespace, name, count, lastSeen } = series;
      try {
        await this.#options.client.mergePatch(events, { namespace, name }, { series: { count, lastObservedTime: lastSeen } });
      } catch (error) {
        // The event is gone or never came to be: the next happening starts a new one.
        if (isKubeError(error, 'NotFound')) this.#series.delete(id);
        throw error;
      }
    });
  }

  #forgetOld(): void {
    const now = this.#options.clock.monotonic();
    for (const [id, series] of this.#series) {
      if (now - series.lastAt < seriesMs && this.#series.size < seriesLimit) return;
      this.#series.delete(id);
    }
  }

  #enqueue(write: () => Promise<unknown>): void {
    if (this.#queue.length >= queueLimit) {
      this.#dropped++;
      return;
    }
    this.#queue.push(write);
    this.#writing ??= this.#drain();
  }

  async #drain(): Promise<void> {
    for (let write = this.#queue.shift(); write !== undefined; write = this.#queue.shift()) {
      try {
        await write();
      } catch (error) {
        this.#dropped++;
        this.#options.log.debug('an event could not be written and is dropped', { error: messageOf(error) });
      }
    }
    this.#writing = undefined;
  }

  #eventOf({ regarding, type, reason, action, note }: Happening): NewObject {
    const { controller, instance, clock, random } = this.#options;
    const { name, namespace, uid, resourceVersion } = regarding.metadata;
    const now = clock.now();
    const suffix = `${now.toString(16)}${Math.floor(random.next() * 0x10000).toString(16).padStart(4, '0')}`;
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: `${name.slice(0, 220)}.${suffix}`, namespace: namespace === '' || namespace === undefined ? 'default' : namespace },
      eventTime: formatMicroTime(now),
      reportingController: controller,
      reportingInstance: instance.slice(0, 128),
      type, reason, action,
      note: noteText(note),
      regarding: { apiVersion: regarding.apiVersion, kind: regarding.kind, name, namespace, uid, resourceVersion },
    };
  }
}

function identityOf({ regarding, type, reason, action, note }: Happening): string {
  return JSON.stringify([regarding.metadata.uid, type, reason, action, note]);
}
