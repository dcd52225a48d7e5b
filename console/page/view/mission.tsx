// One mission: what it is for, where it stands, why, and how it came there.
import { useEffect, useState } from 'preact/hooks';
import type { MissionDetail, MissionRow, TaskCard, Why } from '#api/console.ts';
import { type Instant, parseTime } from '#api/time.ts';
import { age, between, dayTime, usd } from '../model/format.ts';
import { toneOfMission, words } from '../model/tone.ts';
import { type Listening, pathOf, Refusal, useAsked, useStream } from './ask.tsx';
import { AskedCards } from './asked.tsx';
import { CostCard } from './cost.tsx';
import { GoalsCard } from './goals.tsx';
import { Graph } from './graph.tsx';
import { useKeys } from './keys.tsx';
import { Chip, Nothing, Section } from './marks.tsx';
import { useNow, useSlowly } from './now.tsx';
import { type Past, type Replay, useBars, usePast, useReplay } from './replay.tsx';
import { TaskCardView } from './task.tsx';
import { Slider, TimelineChart, type TimelineProps } from './timeline.tsx';
import { WhyCard } from './why.tsx';

/** A mission that is read anew whenever something of it changes. */
export function MissionView({ namespace, name, onListening }: { readonly namespace: string; readonly name: string; readonly onListening: (listening: Listening) => void }) {
  const path = pathOf(namespace, name);
  const [turn, setTurn] = useState(0);
  const listening = useStream(`${path}/events`, { changed: () => setTurn((before) => before + 1) });
  useEffect(() => onListening(listening), [listening]);
  const detail = useAsked<MissionDetail>(path, turn);
  // The operator is asked for it, so not at each change.
  const why = useAsked<Why>(`${path}/why`, useSlowly(turn, 2000));
  useKeys({ Escape: detail.kind === 'answer' ? undefined : toList });
  if (detail.kind === 'waiting') return <Nothing>Reading {name} …</Nothing>;
  if (detail.kind === 'refused') return <Refusal refused={detail.refused} />;
  return <Known detail={detail.value} why={why.kind === 'answer' ? why.value : undefined} />;
}

function toList(): void {
  location.hash = '#/missions';
}

function Known({ detail, why }: { readonly detail: MissionDetail; readonly why: Why | undefined }) {
  const { row } = detail;
  const past = usePast(row.namespace, row.name);
  const now = useNow(row.ended === undefined ? 1000 : 60_000);
  const bars = useBars(past, detail);
  const span = spanOf(detail, bars.map(({ from }) => from), { now, first: past.timeline.event(0)?.at });
  const replay = useReplay(past, detail, span);
  const [picked, setPicked] = useState('');
  const { tasks, goals } = replay.moment ?? detail;
  useMissionKeys(tasks, { picked, setPicked, replay });
  const task = tasks.find((card) => card.name === picked);
  const pick = (to: string) => setPicked(to === picked ? '' : to);
  return (
    <main class="mission">
      <Head detail={detail} replay={replay} now={now} />
      <div class="columns">
        <div>
          <TasksCard tasks={tasks} detail={detail} at={picked} onPick={pick} />
          <PastCard past={past} replay={replay} chart={{ bars, ...span, at: replay.at, picked, onPick: pick }} />
          <CostCard detail={detail} />
        </div>
        <div>
          {task !== undefined && <TaskCardView task={task} row={row} now={replay.at ?? now} onClose={() => setPicked('')} />}
          {replay.at === undefined && why !== undefined && <WhyCard why={why} detail={detail} onPick={setPicked} />}
          {replay.at === undefined && <AskedCards asked={detail.asked} />}
          <GoalsCard goals={goals} />
        </div>
      </div>
    </main>
  );
}

function TasksCard({ tasks, detail, at, onPick }: { readonly tasks: readonly TaskCard[]; readonly detail: MissionDetail; readonly at: string; readonly onPick: (name: string) => void }) {
  const nothing = detail.withheld.includes('tasks') ? 'You may not list tasks in this namespace.' : 'There is no plan yet.';
  return (
    <Section title="Tasks" id="tasks" side={<Legend tasks={tasks} />}>
      {tasks.length === 0 ? <Nothing>{nothing}</Nothing> : <Graph tasks={tasks} at={at} onPick={onPick} />}
    </Section>
  );
}

/** From the first thing that is known to the end, or to now. */
function spanOf({ row }: MissionDetail, starts: readonly Instant[], { now, first }: { readonly now: Instant; readonly first: Instant | undefined }): { readonly from: Instant; readonly until: Instant } {
  const begin = Math.min(...[parseTime(row.started), first, ...starts].filter((at) => at !== undefined), parseTime(row.started) ?? parseTime(row.created) ?? now);
  const end = row.verdict === 'Unknown' ? undefined : parseTime(row.ended);
  return { from: begin, until: Math.max(begin + 1000, end === undefined ? now : end + 1000) };
}

interface MissionKeys {
  readonly picked: string;
  readonly setPicked: (name: string) => void;
  readonly replay: Replay;
}

function useMissionKeys(tasks: readonly TaskCard[], { picked, setPicked, replay }: MissionKeys): void {
  const index = tasks.findIndex(({ name }) => name === picked);
  const go = (to: number) => {
    const task = tasks[Math.max(0, Math.min(tasks.length - 1, to))];
    if (task !== undefined) setPicked(task.name);
  };
  useKeys({
    j: () => go(index + 1),
    k: () => go(index - 1),
    '[': () => replay.hop(-1),
    ']': () => replay.hop(1),
    ' ': replay.play,
    l: () => replay.move(undefined),
    Escape: () => (picked === '' ? toList() : setPicked('')),
  });
}

function Head({ detail, replay: { moment, at }, now }: { readonly detail: MissionDetail; readonly replay: Replay; readonly now: Instant }) {
  const { row, goal } = detail;
  const shown = moment === undefined ? { ...row, state: row.refused ?? row.state } : { ...row, ...moment, refused: undefined, awaitsApproval: false };
  return (
    <header class="mission-head">
      <p class="crumbs">
        <a href="#/missions">Missions</a>
        <span>{row.namespace}</span>
        {at !== undefined && <b class="then">as it was at {dayTime(at)} UTC</b>}
      </p>
      <div class="title">
        <h1>{row.name}</h1>
        <Chip tone={toneOfMission(shown)}>{words(shown.state)}</Chip>
        {detail.mode !== 'Run' && <Chip tone="ask">{words(detail.mode)}</Chip>}
      </div>
      <p class="goal">{goal}</p>
      {moment === undefined && <Said detail={detail} />}
      <Figures detail={detail} shown={shown} now={at ?? now} />
    </header>
  );
}

function Said({ detail: { message, command } }: { readonly detail: MissionDetail }) {
  return (
    <>
      {message !== '' && <p class="message">{message}</p>}
      {command !== undefined && <code class="command">{command}</code>}
    </>
  );
}

function Figures({ detail: { row, run, maxCostUsd, plan }, shown, now }: { readonly detail: MissionDetail; readonly shown: Pick<MissionRow, 'goalsMet' | 'tasksDone' | 'costUsd'>; readonly now: Instant }) {
  const figures: readonly (readonly [string, string])[] = [
    ['Goals met', `${shown.goalsMet} / ${row.goals}`],
    ['Tasks done', `${shown.tasksDone} / ${row.tasks}`],
    ['Cost', `${usd(shown.costUsd)}${maxCostUsd === undefined ? '' : ` of ${usd(maxCostUsd)}`}`],
    ['Took', took(row, now)],
    ['Age', age(row.created, now)],
    ['Run', String(run)],
    ['Plan', planText(plan)],
  ];
  return (
    <dl class="figures">
      {figures.map(([title, value]) => (
        <div key={title}>
          <dt>{title}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** At a moment before its end it had not ended. */
function took({ started, ended }: MissionRow, now: Instant): string {
  return between(started, (parseTime(ended) ?? now) > now ? undefined : ended, now) || '–';
}

function planText(plan: MissionDetail['plan']): string {
  if (plan === undefined) return '–';
  return plan.source === 'Planner' ? `planner, revision ${plan.revision ?? 1}` : 'manifest';
}

function Legend({ tasks }: { readonly tasks: readonly TaskCard[] }) {
  const states = Map.groupBy(tasks, ({ state }) => state);
  return <p class="legend">{[...states].map(([state, all]) => `${all.length} ${words(state)}`).join(' · ')}</p>;
}

function PastCard({ past, replay, chart }: { readonly past: Past; readonly replay: Replay; readonly chart: TimelineProps }) {
  return (
    <Section title="Timeline" id="timeline" side={<PastNote past={past} />}>
      <TimelineChart {...chart} />
      {past.timeline.length > 0 && <Slider from={chart.from} until={chart.until} at={replay.at} isPlaying={replay.isPlaying} last={replay.last} onMove={replay.move} onPlay={replay.play} />}
      {past.refused !== undefined && <PastOff past={past} />}
      {past.gaps.map((gap) => (
        <p key={gap} class="off">
          {gap}
        </p>
      ))}
    </Section>
  );
}

function PastNote({ past }: { readonly past: Past }) {
  if (past.refused !== undefined) return null;
  return <p class="legend">{past.isWhole ? `${past.timeline.length} events` : 'reading what happened …'}</p>;
}

function PastOff({ past }: { readonly past: Past }) {
  return (
    <p class="off">
      The past cannot be replayed: {past.refused?.error}. <span>{past.refused?.next}</span>
    </p>
  );
}
