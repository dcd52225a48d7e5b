// How a replay is shown: a tree that is drawn in place for a person at a terminal, one line an event for anybody else.
import type { CloudEvent } from '#api/events/envelope.ts';
import type { Instant } from '#api/time.ts';
import type { Pace } from '#domain/replay/pace.ts';
import type { Timeline } from '#domain/replay/timeline.ts';
import type { Clock } from '#platform/clock.ts';
import { openScreen } from '../terminal/screen.ts';
import { type Style, styleOf } from '../terminal/style.ts';
import { line, type Terminal } from '../terminal/terminal.ts';
import { cut, timeOfDay } from '../terminal/text.ts';
import { missionTree } from '../tree/model.ts';
import { renderTree } from '../tree/render.ts';
import type { Look, Painter } from './player.ts';
import { sentence } from './sentence.ts';
import { thoughtsAt, viewAt } from './view.ts';

export interface Subject {
  readonly mission: string;
  readonly timeline: Timeline;
}

export interface EndingPainter extends Painter {
  /** Leaves the terminal as it should be. */
  end(): void;
}

/** Prints `12:03:04 task build started on crew-x7k2p` for each event. */
export function printing(terminal: Terminal, { timeline }: Pick<Subject, 'timeline'>): EndingPainter {
  const taskName = namesOf(timeline);
  return { told: (event, at) => line(terminal, `${timeOfDay(at)} ${sentence(event, taskName)}`), look: () => {}, end: () => {} };
}

const shortestPauseMs = 100;
const keysText = 'space pause, arrows one event, + - speed, home end, q quit';

/** Draws the tree as it was, below it the clock and the last event; with `hasKeys` it says what keys do. */
export function drawing(terminal: Terminal, subject: Subject, { clock, hasKeys }: { readonly clock: Clock; readonly hasKeys: boolean }): EndingPainter {
  const screen = openScreen(terminal);
  const style = styleOf(terminal);
  const taskName = namesOf(subject.timeline);
  let last = '';
  let drawnAt = Number.NEGATIVE_INFINITY;
  let due: Look | undefined;
  const draw = (look: Look) => {
    drawnAt = clock.monotonic();
    due = undefined;
    const { columns, rows } = terminal.size();
    const foot = [statusLine(look, subject.timeline, style), last, ...(hasKeys ? [style.paint('calm', cut(keysText, columns, style.ellipsis))] : [])].map((text, index) => (index === 2 ? text : cut(text, columns, style.ellipsis)));
    screen.draw([...treeLines(subject, look.clock, { columns, rows: rows - 1 - foot.length, style }), ...foot]);
  };
  return {
    told: (event, at) => (last = `${timeOfDay(at)} ${sentence(event, taskName)}`),
    look: (look) => {
      if (clock.monotonic() - drawnAt >= shortestPauseMs || look.pace.isPaused) draw(look);
      else due = look;
    },
    end: () => {
      if (due !== undefined) draw(due);
      screen.end();
    },
  };
}

function treeLines({ mission, timeline }: Subject, clock: Instant, canvas: Parameters<typeof renderTree>[1]): string[] {
  const picture = timeline.picture();
  const view = viewAt(picture, mission);
  return view === undefined ? [canvas.style.paint('calm', `mission ${mission} is not there`)] : renderTree(missionTree(view, thoughtsAt(picture)), canvas, clock);
}

function statusLine({ pace, clock }: Look, timeline: Timeline, { symbols }: Style): string {
  return `${pace.isPaused ? `${symbols.waiting} paused` : `${symbols.busy[0] ?? '*'} ${speedText(pace)}`}  ${timeOfDay(clock)}  event ${timeline.at} of ${timeline.length}`;
}

/** `10x`, `max` */
export function speedText({ speed }: Pick<Pace, 'speed'>): string {
  return speed === 'max' ? speed : `${Number(speed.toPrecision(3))}x`;
}

/** Names of tasks in their plan, as far as they were told; also of those that are gone. */
function namesOf(timeline: Timeline): (uid: string) => string | undefined {
  const names = new Map<string, string>();
  let known = 0;
  return (uid) => {
    for (; known < timeline.length; known++) remember(names, timeline.event(known)?.event);
    return names.get(uid);
  };
}

function remember(names: Map<string, string>, event: CloudEvent | undefined): void {
  const data = event?.data;
  if (data !== undefined && 'facts' in data && 'task' in data.facts) names.set(data.uid, data.facts.task);
}
