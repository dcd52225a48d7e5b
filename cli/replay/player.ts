// Plays a history: events become due at its pace, keys change the pace, a painter shows where it stands.
import type { CloudEvent } from '#api/events/envelope.ts';
import type { Instant } from '#api/time.ts';
import { atSpeed, dueAt, jumped, type Pace, paused, resumed, shown, startPace, toldAt } from '#domain/replay/pace.ts';
import type { Timeline } from '#domain/replay/timeline.ts';
import { type Clock, delay } from '#platform/clock.ts';
import type { Key } from '../terminal/keys.ts';

/** Shows a history. */
export interface Painter {
  /** Events have been shown; `event` is the last of them. */
  told(event: CloudEvent, at: Instant): void;
  /** Called often while time goes by, and after each key. */
  look(state: Look): void;
}

export interface Look {
  readonly pace: Pace;
  /** What history's clock shows. */
  readonly clock: Instant;
}

export interface PlayOptions {
  readonly timeline: Timeline;
  readonly painter: Painter;
  readonly clock: Clock;
  readonly speed: Pace['speed'];
  /** Events that are worth a moment of their own; the others are folded on the way. */
  readonly isWanted: (event: CloudEvent) => boolean;
  readonly from: Instant | undefined;
  readonly until: Instant | undefined;
  /** True while events may still come. */
  readonly isOpen: () => boolean;
}

/** How a replay ended. */
export type Played = 'ended' | 'quit';

const beatMs = 100;
/** In our time: nobody watches a mission that waits for hours. */
const longestWaitMs = 3000;
/** After so many events at once somebody else has a turn, and keys are heard. */
const handful = 5000;

/** Plays one timeline to one painter. */
export class Player {
  readonly #options: PlayOptions;
  #pace: Pace;
  #end: Played | undefined;
  #wake: (() => void) | undefined;
  /** Whether events are wanted, as far as they were asked for: a test of events in their order. */
  readonly #wanted: boolean[] = [];
  readonly #gaps = new Set<string>();

  constructor(options: PlayOptions) {
    this.#options = options;
    const { timeline, from, speed, clock } = options;
    if (from !== undefined) this.#goTo(timeline.countAt(from - 1));
    const first = from ?? timeline.event(0)?.at ?? clock.now();
    this.#pace = startPace(first, clock.monotonic(), { speed, longestWaitMs });
  }

  /** Versions that were missing, as far as it was played. */
  get gaps(): readonly string[] {
    return [...this.#gaps];
  }

  /** Plays until the end, until somebody quits, or until `signal` aborts. */
  async run(signal: AbortSignal): Promise<Played> {
    while (this.#end === undefined && !signal.aborted) {
      const isBusy = this.#advance();
      this.#look();
      if (this.#isOver()) this.#end = 'ended';
      else if (this.#end === undefined) await this.#wait(isBusy ? 0 : beatMs, signal);
    }
    return this.#end ?? 'quit';
  }

  /** Events were added to the timeline, or no more will come. */
  changed(): void {
    this.#wake?.();
  }

  /** A key was pressed. */
  press(key: Key): void {
    const real = this.#options.clock.monotonic();
    const change = this.#keys[key];
    if (change === undefined) return;
    change(real);
    this.#look();
    this.#wake?.();
  }

  readonly #keys: Readonly<Record<Key, ((real: number) => void) | undefined>> = {
    space: (real) => (this.#pace = this.#pace.isPaused ? resumed(this.#pace, real) : paused(this.#pace, real)),
    right: (real) => this.#stand(this.#nextStop() + 1, real),
    left: (real) => this.#stand(this.#stopBefore() + 1, real),
    home: (real) => this.#stand(0, real),
    end: (real) => this.#stand(this.#last(), real),
    '+': (real) => this.#faster(2, real),
    '=': (real) => this.#faster(2, real),
    '-': (real) => this.#faster(0.5, real),
    q: () => (this.#end = 'quit'),
    escape: () => (this.#end = 'quit'),
    interrupt: () => (this.#end = 'quit'),
  };

  #faster(factor: number, real: number): void {
    const { speed } = this.#pace;
    this.#pace = atSpeed(this.#pace, (speed === 'max' ? 1 : speed) * factor, real);
  }

  /** Stands still after the first `count` events. */
  #stand(count: number, real: number): void {
    const { timeline, painter } = this.#options;
    this.#goTo(Math.min(count, this.#last()));
    const last = timeline.last();
    const at = last?.at ?? timeline.event(0)?.at ?? this.#pace.told;
    this.#pace = jumped(paused(this.#pace, real), at, real);
    if (last !== undefined) painter.told(last.event, last.at);
  }

  /** Shows what is due; true when there is more of it. */
  #advance(): boolean {
    const { timeline, painter, clock } = this.#options;
    for (let shownNow = 0; shownNow < handful; shownNow++) {
      const stop = this.#nextStop();
      const next = timeline.event(stop);
      if (next === undefined || stop >= this.#last()) return false;
      const due = dueAt(this.#pace, next.at);
      if (due === undefined || due > clock.monotonic()) return false;
      this.#goTo(stop + 1);
      this.#pace = shown(this.#pace, next.at, due);
      painter.told(next.event, next.at);
    }
    return true;
  }

  #look(): void {
    const { timeline, painter, clock, isOpen } = this.#options;
    // History's clock does not run past what is to come, nor ahead of ours.
    const next = timeline.event(this.#nextStop())?.at ?? (isOpen() ? clock.now() : (timeline.last()?.at ?? this.#pace.told));
    painter.look({ pace: this.#pace, clock: Math.min(toldAt(this.#pace, clock.monotonic()), next) });
  }

  #isOver(): boolean {
    return !this.#options.isOpen() && !this.#pace.isPaused && this.#nextStop() >= this.#last();
  }

  /** Number of events that are played at all. */
  #last(): number {
    const { timeline, until } = this.#options;
    return until === undefined ? timeline.length : timeline.countAt(until);
  }

  #nextStop(): number {
    const { timeline } = this.#options;
    let index = timeline.at;
    while (index < timeline.length && !this.#isWanted(index)) index += 1;
    return index;
  }

  #stopBefore(): number {
    let index = this.#options.timeline.at - 2;
    while (index >= 0 && !this.#isWanted(index)) index -= 1;
    return index;
  }

  /** Asked in the order of events, each one once. */
  #isWanted(index: number): boolean {
    const { timeline, isWanted } = this.#options;
    while (this.#wanted.length <= index) {
      const dated = timeline.event(this.#wanted.length);
      this.#wanted.push(dated !== undefined && isWanted(dated.event));
    }
    return this.#wanted[index] ?? false;
  }

  #goTo(count: number): void {
    for (const gap of this.#options.timeline.goTo(count)) this.#gaps.add(gap);
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    const next = this.#options.timeline.event(this.#nextStop());
    const due = next === undefined ? undefined : dueAt(this.#pace, next.at);
    const untilDue = due === undefined ? ms : Math.max(0, due - this.#options.clock.monotonic());
    await delay(this.#options.clock, Math.min(ms, untilDue), AbortSignal.any([signal, woken.signal]));
    this.#wake = undefined;
  }
}
