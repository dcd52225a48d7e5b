// Shows a mission until it has ended: a tree drawn in place on a terminal, change lines in a pipe.
import type { Clock } from '#platform/clock.ts';
import { openScreen } from '../terminal/screen.ts';
import { styleOf } from '../terminal/style.ts';
import { line, type Terminal } from '../terminal/terminal.ts';
import { untilEnded, type MissionFeed, type Watched } from '../world/feed.ts';
import { changeLines } from './lines.ts';
import { missionTree, type Live, type MissionTree } from './model.ts';
import { renderTree } from './render.ts';
import { untilSettled } from './settled.ts';

/** Progress that no object holds. */
export interface LiveFacts {
  current(): Live;
  onChange(listener: () => void): () => void;
}

/** No progress: for operators that cannot be reached. */
export const noLiveFacts: LiveFacts = { current: () => new Map(), onChange: () => () => {} };

export interface Show {
  readonly feed: MissionFeed;
  readonly live: LiveFacts;
  readonly terminal: Terminal;
  readonly clock: Clock;
}

const shortestPauseMs = 100;
const beatMs = 250;

/** Shows the mission until it has ended, is gone, or `signal` aborts; of an ended one the last of its cost is waited for. */
export async function follow(show: Show, signal: AbortSignal): Promise<Watched> {
  const painter = show.terminal.interactive ? drawing(show) : printing(show);
  const ends = [show.feed.onChange(painter.change), show.live.onChange(painter.change)];
  painter.change();
  try {
    const watched = await untilEnded(show.feed, { clock: show.clock, signal });
    if (watched.kind !== 'ended') return watched;
    await untilSettled(show.feed, { clock: show.clock, signal });
    await show.feed.refresh();
    return watched;
  } finally {
    for (const end of ends) end();
    painter.end();
  }
}

interface Painter {
  readonly change: () => void;
  readonly end: () => void;
}

function treeOf({ feed, live }: Show): MissionTree | undefined {
  const view = feed.view();
  return view === undefined ? undefined : missionTree(view, live.current());
}

function printing(show: Show): Painter {
  let before: MissionTree | undefined;
  const print = () => {
    const tree = treeOf(show);
    if (tree === undefined) return;
    for (const text of changeLines(before, tree, show.clock.now())) line(show.terminal, text);
    before = tree;
  };
  return { change: print, end: print };
}

/** At most ten drawings a second; a beat keeps the times going while nothing changes. */
function drawing(show: Show): Painter {
  const { terminal, clock } = show;
  const screen = openScreen(terminal);
  const style = styleOf(terminal);
  let drawnAt = Number.NEGATIVE_INFINITY;
  let cancel = () => {};
  const draw = () => {
    cancel();
    drawnAt = clock.monotonic();
    const tree = treeOf(show);
    const { columns, rows } = terminal.size();
    if (tree !== undefined) screen.draw(renderTree(tree, { columns, rows: rows - 1, style }, clock.now()));
    cancel = clock.after(beatMs, draw);
  };
  return {
    change: () => {
      cancel();
      cancel = clock.after(Math.max(0, drawnAt + shortestPauseMs - clock.monotonic()), draw);
    },
    end: () => {
      draw();
      cancel();
      screen.end();
    },
  };
}
