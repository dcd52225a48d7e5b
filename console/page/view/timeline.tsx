// Attempts by agent over time, with a slider that goes back in it.
import { useMemo, useState } from 'preact/hooks';
import type { Instant } from '#api/time.ts';
import { clockTime, dayTime, duration } from '../model/format.ts';
import type { Bar } from '../model/history.ts';
import { type Lane, lanesOf, ticksOf } from '../model/lanes.ts';
import { toneOfTask, words } from '../model/tone.ts';
import { Nothing } from './marks.tsx';
import { useWidth } from './width.tsx';

const [rowHeight, laneGap, axisHeight, labelWidth] = [26, 10, 26, 132] as const;

export interface TimelineProps {
  readonly bars: readonly Bar[];
  readonly from: Instant;
  readonly until: Instant;
  /** The moment that is shown; undefined: now. */
  readonly at: Instant | undefined;
  readonly picked: string;
  readonly onPick: (task: string) => void;
}

/** Bars of attempts, one lane an agent. */
export function TimelineChart(props: TimelineProps) {
  const { bars, from, until } = props;
  const [box, setBox] = useState<HTMLDivElement | null>(null);
  const width = useWidth(box, 720);
  const lanes = useMemo(() => lanesOf(bars), [bars]);
  if (bars.length === 0) return <Nothing>No attempt has run on an agent yet.</Nothing>;
  const label = width < 520 ? 0 : labelWidth;
  const span = Math.max(1, until - from);
  const xOf = (instant: Instant) => label + (Math.max(0, Math.min(1, (instant - from) / span)) * (width - label - 8));
  const tops = topsOf(lanes, label === 0);
  const height = tops.total + axisHeight;
  return (
    <div ref={setBox} class="chart">
      <svg width={width} height={height} role="img" aria-label={`Attempts of ${lanes.length} agents from ${dayTime(from)} to ${dayTime(until)} UTC`}>
        <Axis from={from} until={until} width={width - label} height={tops.total} xOf={xOf} />
        {lanes.map((lane, index) => (
          <LaneBars key={lane.agent} lane={lane} top={tops.of[index] ?? 0} isNarrow={label === 0} xOf={xOf} props={props} />
        ))}
        {props.at !== undefined && <line class="playhead" x1={xOf(props.at)} x2={xOf(props.at)} y1={0} y2={tops.total + 6} />}
      </svg>
    </div>
  );
}

function topsOf(lanes: readonly Lane[], hasLabelAbove: boolean): { readonly of: readonly number[]; readonly total: number } {
  let top = 4;
  const of = lanes.map(({ rows }) => {
    const own = top + (hasLabelAbove ? 16 : 0);
    top = own + rows.length * rowHeight + laneGap;
    return own;
  });
  return { of, total: top };
}

function Axis({ from, until, width, height, xOf }: { readonly from: Instant; readonly until: Instant; readonly width: number; readonly height: number; readonly xOf: (at: Instant) => number }) {
  return (
    <g class="axis" aria-hidden="true">
      {ticksOf(from, until, Math.max(2, Math.floor(width / 110))).map((tick) => (
        <g key={tick} transform={`translate(${xOf(tick)} 0)`}>
          <line y1="0" y2={height} />
          <text y={height + 16} text-anchor={until - tick < (until - from) / 20 ? 'end' : 'middle'}>
            {clockTime(tick)}
          </text>
        </g>
      ))}
    </g>
  );
}

interface LaneProps {
  readonly lane: Lane;
  readonly top: number;
  readonly isNarrow: boolean;
  readonly xOf: (at: Instant) => number;
  readonly props: TimelineProps;
}

function LaneBars({ lane, top, isNarrow, xOf, props }: LaneProps) {
  const short = lane.agent.length > 18 ? `…${lane.agent.slice(-17)}` : lane.agent;
  return (
    <g>
      <text class="agent" x="0" y={isNarrow ? top - 4 : top + 15}>
        <title>{lane.agent}</title>
        {short}
      </text>
      {lane.rows.map((row, index) => row.map((bar) => <OneBar key={`${bar.task} ${bar.attempt}`} bar={bar} y={top + index * rowHeight} xOf={xOf} props={props} />))}
    </g>
  );
}

function OneBar({ bar, y, xOf, props: { until, at, picked, onPick } }: { readonly bar: Bar; readonly y: number; readonly xOf: (at: Instant) => number; readonly props: TimelineProps }) {
  const end = bar.until ?? until;
  const { state, isToCome } = barAt(bar, at, end);
  const tone = toneOfTask(state);
  const [x, right] = [xOf(bar.from), xOf(end)];
  const width = Math.max(4, right - x);
  const text = `${bar.task}${bar.attempt > 1 ? ` #${bar.attempt}` : ''}`;
  return (
    <g class={`attempt ${tone}${isToCome ? ' to-come' : ''}${bar.task === picked ? ' at' : ''}`} transform={`translate(${x} ${y})`} role="button" aria-label={`${text} on ${bar.agent}, ${words(state)}`} onClick={() => onPick(bar.task)}>
      <title>{`${text}: ${words(state)}, ${duration(end - bar.from)}`}</title>
      <rect width={width} height={rowHeight - 6} rx="4" />
      {width > 34 && (
        <text x="7" y="14">
          {text.slice(0, Math.floor((width - 12) / 6.6))}
        </text>
      )}
      {tone === 'bad' && width <= 34 && <path class="cross" d={`M${width / 2 - 3} 7l6 6m0-6l-6 6`} />}
    </g>
  );
}

/** At a moment before its end nobody knew how it would end. */
function barAt(bar: Bar, at: Instant | undefined, end: Instant): { readonly state: string; readonly isToCome: boolean } {
  if (at === undefined) return { state: bar.state, isToCome: false };
  return { state: at < end ? 'Running' : bar.state, isToCome: at < bar.from };
}

export interface SliderProps {
  readonly from: Instant;
  readonly until: Instant;
  readonly at: Instant | undefined;
  readonly isPlaying: boolean;
  /** What the event said that led to this moment. */
  readonly last: string;
  readonly onMove: (at: Instant | undefined) => void;
  readonly onPlay: () => void;
}

/** A moment to choose; at the right end it is now. */
export function Slider({ from, until, at, isPlaying, last, onMove, onPlay }: SliderProps) {
  const span = Math.max(1, until - from);
  const shown = at ?? until;
  return (
    <div class="slider">
      <button type="button" aria-label={isPlaying ? 'Pause the replay' : 'Play the replay'} onClick={onPlay}>
        <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
          <path d={isPlaying ? 'M3 2h3v10H3zM8 2h3v10H8z' : 'M3 1.5v11l9-5.5z'} />
        </svg>
      </button>
      <input type="range" min={0} max={1000} step={1} value={Math.round(((shown - from) / span) * 1000)} aria-label="Moment that is shown" aria-valuetext={at === undefined ? 'now' : `${dayTime(at)} UTC`} onInput={({ currentTarget }) => onMove(Number(currentTarget.value) >= 1000 ? undefined : from + (Number(currentTarget.value) / 1000) * span)} />
      <output>
        <b>{at === undefined ? 'now' : clockTime(at)}</b>
        <span>{at === undefined ? '' : last}</span>
      </output>
      <button type="button" class="quiet" disabled={at === undefined} onClick={() => onMove(undefined)}>
        Now
      </button>
    </div>
  );
}
