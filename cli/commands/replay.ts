// `replay`: what happened to a mission, once more: as a player, as lines, or as the events themselves.
import type { HistorySource } from '#api/archive.ts';
import { createFilter, namesFrom } from '#domain/replay/filter.ts';
import type { CloudEvent } from '#api/events/envelope.ts';
import type { Pace } from '#domain/replay/pace.ts';
import { Timeline } from '#domain/replay/timeline.ts';
import { formatTimeMs, type Instant } from '#api/time.ts';
import type { Asked, History, Told } from '../access/history.ts';
import { exitCodes, Refusal } from '../failure.ts';
import { drawing, printing } from '../replay/painters.ts';
import { Player } from '../replay/player.ts';
import { line } from '../terminal/terminal.ts';
import { plain } from '../terminal/text.ts';
import { defined } from '../world/defined.ts';
import { lazily, withCluster, type Session } from './session.ts';

export interface ReplayOptions {
  /** Unset: ten times for a person, at once for a pipe. */
  readonly speed?: Pace['speed'];
  readonly agent?: string;
  readonly task?: string;
  readonly from?: Instant;
  readonly until?: Instant;
  /** Names of events and families; empty for all. */
  readonly types: readonly string[];
  readonly json: boolean;
  readonly follow: boolean;
  readonly source?: HistorySource;
}

const personSpeed = 10;
/** Histories that are played are held in memory: each event takes about a kilobyte. */
const mostEvents = 500_000;

/** Replays a mission: 0 when all of it was told, 1 when something was missing. */
export function replayCommand(session: Session, mission: string, options: ReplayOptions): Promise<number> {
  const types = namesFrom(options.types);
  if (types.kind === 'unknown') throw new Refusal(`replay mission ${mission}: "${plain(types.text)}" is neither the name of an event nor a family`, 'choose from docs/reference/events.md, for example --types task,agent.act');
  return withCluster(session, async (cluster) => {
    const history = lazily(() => session.openHistory(cluster));
    try {
      return options.json ? await printJson(session, await history.get(), { mission, options }) : await play(session, await history.get(), { mission, options });
    } finally {
      await history.close();
    }
  });
}

interface Wish {
  readonly mission: string;
  readonly options: ReplayOptions;
}

async function printJson(session: Session, history: History, { mission, options }: Wish): Promise<number> {
  const { types, follow, source } = options;
  const narrowed = narrowedBy(options);
  const said = { event: 0, gap: 0, synced: 0 };
  for await (const told of history.replay(mission, { types, follow, ...narrowed, ...defined({ source }) }, session.signal)) {
    said[told.kind] += 1;
    if (told.kind === 'event') line(session.terminal, told.text);
    else if (told.kind === 'gap') session.terminal.note(plain(told.gap));
  }
  if (session.signal.aborted) return exitCodes.interrupted;
  // Nothing that matches is an answer; nothing at all of a mission is none.
  if (said.event === 0 && types.length === 0 && Object.keys(narrowed).length === 0) throw unknown(mission);
  return said.gap === 0 ? exitCodes.ok : exitCodes.failed;
}

function narrowedBy({ agent, task, from, until }: ReplayOptions): Pick<Asked, 'agent' | 'task' | 'from' | 'until'> {
  const time = (at: Instant | undefined) => (at === undefined ? undefined : formatTimeMs(at));
  return defined({ agent, task, from: time(from), until: time(until) });
}

async function play(session: Session, history: History, { mission, options }: Wish): Promise<number> {
  const stop = new AbortController();
  const signal = AbortSignal.any([session.signal, stop.signal]);
  // Everything is asked for: what a filter leaves out is still part of the picture.
  const stream = history.replay(mission, { follow: options.follow, ...defined({ source: options.source }) }, signal)[Symbol.asyncIterator]();
  try {
    const past = await readPast(stream, mission);
    if (session.signal.aborted) return exitCodes.interrupted;
    if (past.events.length === 0 && !options.follow) throw unknown(mission);
    const played = await playEvents(session, { mission, options }, { past, stream, signal });
    for (const gap of new Set([...past.gaps, ...played.gaps])) session.terminal.note(plain(gap));
    if (session.signal.aborted) return exitCodes.interrupted;
    return past.gaps.length + played.gaps.length === 0 ? exitCodes.ok : exitCodes.failed;
  } finally {
    stop.abort();
  }
}

interface Past {
  readonly events: readonly CloudEvent[];
  readonly gaps: string[];
}

async function readPast(stream: AsyncIterator<Told>, mission: string): Promise<Past> {
  const events: CloudEvent[] = [];
  const gaps: string[] = [];
  for (;;) {
    const next = await stream.next();
    if (next.done === true || next.value.kind === 'synced') return { events, gaps };
    if (next.value.kind === 'gap') gaps.push(next.value.gap);
    else if (events.push(next.value.event) > mostEvents) throw new Refusal(`replay mission ${mission}: it has more than ${mostEvents} events, too many to hold here`, `kubectl mission replay ${mission} --json --from TIME --until TIME`);
  }
}

interface Reading {
  readonly past: Past;
  readonly stream: AsyncIterator<Told>;
  readonly signal: AbortSignal;
}

async function playEvents({ terminal, clock, keys }: Session, { mission, options }: Wish, { past, stream, signal }: Reading): Promise<{ readonly gaps: readonly string[] }> {
  const timeline = new Timeline(past.events);
  const isPlayer = terminal.interactive;
  const painter = isPlayer ? drawing(terminal, { mission, timeline }, { clock, hasKeys: keys !== undefined }) : printing(terminal, { timeline });
  let isOpen = options.follow;
  const player = new Player({
    timeline, painter, clock,
    speed: options.speed ?? (isPlayer ? personSpeed : 'max'),
    isWanted: wantedBy(options),
    from: options.from,
    until: options.until,
    isOpen: () => isOpen,
  });
  const forget = isPlayer ? keys?.onKey((key) => player.press(key)) : undefined;
  const reading = options.follow ? readOn(stream, { timeline, past, player }).finally(() => (isOpen = false)) : Promise.resolve();
  try {
    await Promise.race([player.run(signal), reading.then(() => new Promise<never>(() => {}))]);
  } finally {
    forget?.();
    painter.end();
  }
  return { gaps: player.gaps };
}

function wantedBy({ agent, task, types }: ReplayOptions): (event: CloudEvent) => boolean {
  const meant = namesFrom(types);
  return createFilter({ ...defined({ agent, task }), ...(meant.kind === 'names' && types.length > 0 ? { names: meant.names } : {}) });
}

async function readOn(stream: AsyncIterator<Told>, { timeline, past, player }: { readonly timeline: Timeline; readonly past: Past; readonly player: Player }): Promise<void> {
  for (let next = await stream.next(); next.done !== true; next = await stream.next()) {
    if (next.value.kind === 'gap') past.gaps.push(next.value.gap);
    else if (next.value.kind === 'event') timeline.append([next.value.event]);
    player.changed();
  }
}

function unknown(mission: string): Refusal {
  return new Refusal(`replay mission ${mission}: nothing is kept of it`, 'check its name and --namespace; what happened before the mirror was there, and what is older than log and archive keep, cannot be replayed');
}
