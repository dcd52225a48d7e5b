// Hands what agents do to the mirror. Nobody waits for it: what cannot be told for long is dropped, the newest first, and counted.
import type { ThoughtEvent } from '#api/events/thought.ts';
import { type Clock, delay } from '#platform/clock.ts';
import { jittered, type Random } from '#platform/ids.ts';
import type { EventsClient } from '#platform/rpc/events-client.ts';
import type { Log } from '#platform/telemetry/log.ts';

export interface TellingOptions {
  readonly mirror: Pick<EventsClient, 'tell'>;
  readonly onDropped: (events: number) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Takes an event of one attempt; `grant` is asked when it is sent, so that it is the newest. */
export type TellMirror = (event: ThoughtEvent, grant: () => string) => void;

export interface Telling {
  readonly tell: TellMirror;
  /** Tells what is left, for at most `ms`, and ends. */
  close(ms: number): Promise<void>;
}

/** Events that wait, of all attempts together, and what one request takes. */
const most = { waiting: 5000, inRequest: 200, requestBytes: 524_288 } as const;
const lingerMs = 200;
const pauseMs = { first: 1000, longest: 10_000 } as const;

/** A telling that begins with the first event. */
export function createTelling(options: TellingOptions): Telling {
  return new BoundedTelling(options);
}

interface Waiting {
  readonly attempt: string;
  readonly grant: () => string;
  readonly text: string;
}

class BoundedTelling implements Telling {
  readonly #options: TellingOptions;
  readonly #waiting: Waiting[] = [];
  readonly #stop = new AbortController();
  readonly #hurry = new AbortController();
  /** An installation without a mirror keeps nothing for it; one whose mirror is away does. */
  #hasMirror = false;
  #isRunning = false;
  #run: Promise<void> = Promise.resolve();

  constructor(options: TellingOptions) {
    this.#options = options;
  }

  readonly tell: TellMirror = (event, grant) => {
    if (this.#stop.signal.aborted || this.#waiting.length >= most.waiting) return this.#options.onDropped(1);
    this.#waiting.push({ attempt: `${event.taskUid}.${event.attempt}`, grant, text: JSON.stringify(event) });
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#run = this.#send();
  };

  async close(ms: number): Promise<void> {
    this.#hurry.abort();
    const cancel = this.#options.clock.after(ms, () => this.#stop.abort());
    await this.#run;
    cancel();
    this.#stop.abort();
    if (this.#waiting.length > 0) this.#options.onDropped(this.#waiting.length);
  }

  async #send(): Promise<void> {
    const { clock, random, log } = this.#options;
    let pause: number = pauseMs.first;
    await delay(clock, lingerMs, this.#hurry.signal);
    while (this.#waiting.length > 0 && !this.#stop.signal.aborted) {
      const problem = await this.#sendOne();
      if (problem === undefined) {
        pause = pauseMs.first;
        continue;
      }
      log.debug('the mirror takes no events now', { error: problem, waiting: this.#waiting.length });
      await delay(clock, jittered(pause, random), this.#hurry.signal.aborted ? this.#stop.signal : this.#hurry.signal);
      pause = Math.min(pause * 2, pauseMs.longest);
    }
    this.#isRunning = false;
  }

  /** Why it must be tried again, or undefined when the next ones may go. */
  async #sendOne(): Promise<string | undefined> {
    const { mirror, onDropped, log } = this.#options;
    const events = nextOf(this.#waiting);
    const told = await mirror.tell(events[0]?.grant() ?? '', events.map(({ text }) => text), this.#stop.signal);
    if (told.kind === 'later') return told.message;
    if (told.kind === 'none') {
      if (this.#hasMirror) return 'it has no address now';
      this.#waiting.length = 0;
      return undefined;
    }
    this.#hasMirror = true;
    this.#waiting.splice(0, events.length);
    if (told.kind === 'taken' && told.dropped > 0) onDropped(told.dropped);
    if (told.kind === 'refused') {
      onDropped(events.length);
      log.warn('the mirror refused events; they are not told', { attempt: events[0]?.attempt, events: events.length, error: told.message });
    }
    return undefined;
  }
}

/** The first events of one attempt, as many as go into a request. */
function nextOf(waiting: readonly Waiting[]): readonly Waiting[] {
  const [first] = waiting;
  let bytes = 0;
  const end = waiting.findIndex(({ attempt, text }, index) => {
    bytes += text.length;
    return attempt !== first?.attempt || index >= most.inRequest || (index > 0 && bytes > most.requestBytes);
  });
  return end === -1 ? waiting.slice() : waiting.slice(0, end);
}
