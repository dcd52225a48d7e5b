// The past of a mission in the page: events as they come, folded to the moment that somebody chose.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { MissionDetail, Refused } from '#api/console.ts';
import type { CloudEvent } from '#api/events/envelope.ts';
import type { Instant } from '#api/time.ts';
import { Timeline } from '#domain/replay/timeline.ts';
import { type Bar, barsIn, barsOf, type Moment, momentOf } from '../model/history.ts';
import { sentenceOf } from '../model/sentence.ts';
import { pathOf } from './ask.tsx';

export interface Past {
  readonly timeline: Timeline;
  readonly events: readonly CloudEvent[];
  /** True when everything up to now was told. */
  readonly isWhole: boolean;
  /** Why there is none, or why it is not whole. */
  readonly refused: Refused | undefined;
  readonly gaps: readonly string[];
}

const nothing: Past = { timeline: new Timeline(), events: [], isWhole: false, refused: undefined, gaps: [] };
/** A page holds so many events; each is about a kilobyte. */
const mostEvents = 200_000;
const drawEveryMs = 250;

/** Reads the history of a mission, and goes on reading. */
export function usePast(namespace: string, name: string): Past {
  const [past, setPast] = useState<Past>(nothing);
  useEffect(() => {
    const source = new EventSource(`${pathOf(namespace, name)}/history`);
    const timeline = new Timeline();
    let [events, gaps]: [CloudEvent[], string[]] = [[], []];
    let [isWhole, refused]: [boolean, Refused | undefined] = [false, undefined];
    const draw = throttled(() => setPast({ timeline, events: [...events], isWhole, refused, gaps }));
    const listen = (event: string, handle: (data: string) => void) =>
      source.addEventListener(event, ({ data }) => {
        handle(String(data));
        draw();
      });
    // It begins anew when the connection was lost: what is known already is told again, and not taken twice.
    const known = new Set<string>();
    listen('events', (data) => {
      const told = (JSON.parse(data) as CloudEvent[]).filter(({ id }) => !known.has(id) && known.add(id));
      timeline.append(told);
      events = [...events, ...told];
      if (events.length < mostEvents) return;
      source.close();
      gaps = [...gaps, `only the first ${mostEvents} events are shown; kubectl mission replay ${name} --json tells all`];
    });
    listen('gap', (data) => (gaps = [...new Set([...gaps, String(JSON.parse(data))])]));
    listen('synced', () => (isWhole = true));
    for (const kind of ['off', 'failed']) {
      listen(kind, (data) => {
        refused = JSON.parse(data) as Refused;
        source.close();
      });
    }
    return () => source.close();
  }, [namespace, name]);
  return past;
}

function throttled(draw: () => void): () => void {
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(() => {
      isWaiting = false;
      draw();
    }, drawEveryMs);
  };
}

/** Bars of all that is known: of the past, where there is one, and of the tasks as they are. */
export function useBars(past: Past, detail: MissionDetail): readonly Bar[] {
  const told = useMemo(() => barsIn(past.events), [past.events]);
  return useMemo(() => {
    const known = new Set(told.map(({ task, attempt }) => `${task} ${attempt}`));
    return [...told, ...barsOf(detail.tasks).filter(({ task, attempt }) => !known.has(`${task} ${attempt}`))];
  }, [told, detail]);
}

export interface Replay {
  /** The moment that is shown; undefined: now. */
  readonly at: Instant | undefined;
  readonly moment: Moment | undefined;
  /** The event that led to it, in words. */
  readonly last: string;
  readonly isPlaying: boolean;
  readonly move: (at: Instant | undefined) => void;
  /** To the event before or after. */
  readonly hop: (by: -1 | 1) => void;
  readonly play: () => void;
}

interface Place {
  readonly at: Instant | undefined;
  readonly isPlaying: boolean;
}

const present: Place = { at: undefined, isPlaying: false };

/** A whole replay takes about so long, whatever it shows. */
const playMs = 20_000;
const frameMs = 50;

/** A place in the past. */
export function useReplay(past: Past, detail: MissionDetail, { from, until }: { readonly from: Instant; readonly until: Instant }): Replay {
  const [{ at, isPlaying }, setPlace] = useState<Place>(present);
  const end = useRef(until);
  end.current = until;
  useEffect(() => {
    if (!isPlaying) return undefined;
    const step = ((end.current - from) / playMs) * frameMs;
    const timer = setInterval(() => setPlace((before) => (before.at === undefined || before.at + step >= end.current ? present : { ...before, at: before.at + step })), frameMs);
    return () => clearInterval(timer);
  }, [isPlaying, from]);
  const seen = useMemo(() => (at === undefined ? undefined : lookAt(past.timeline, at, detail)), [at, past, detail]);
  return {
    at, isPlaying,
    moment: seen?.moment,
    last: seen?.last ?? '',
    move: (to) => setPlace({ at: to, isPlaying: false }),
    hop: (by) => {
      const count = past.timeline.countAt(at ?? until);
      const next = past.timeline.event(by === -1 ? count - 2 : count);
      setPlace({ at: next === undefined ? (by === -1 ? from : undefined) : next.at, isPlaying: false });
    },
    play: () => setPlace((before) => ({ at: before.at ?? from, isPlaying: !before.isPlaying })),
  };
}

function lookAt(timeline: Timeline, at: Instant, detail: MissionDetail): { readonly moment: Moment; readonly last: string } {
  timeline.goTo(timeline.countAt(at));
  const last = timeline.last();
  return { moment: momentOf(detail, timeline.picture()), last: last === undefined ? '' : sentenceOf(last.event) };
}
