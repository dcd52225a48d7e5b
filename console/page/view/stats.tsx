// Questions about a namespace, answered by the mirror: plots over time, and tables.
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { MissionList } from '#api/console.ts';
import type { StatsAnswer } from '#api/stats.ts';
import { hashOf } from '../model/route.ts';
import { columnsOverTime, kindsOverTime } from '../model/series.ts';
import { type Asked, Refusal, useAsked } from './ask.tsx';
import { Nothing, Section } from './marks.tsx';
import { Plot, StatsTable } from './plot.tsx';

const spans = { '24 hours': 86_400_000, '7 days': 604_800_000, '30 days': 2_592_000_000 } as const;
const ended = ['task.ended', 'task.created', 'mission.ended'];

/** Statistics of one namespace. */
export function StatsView({ namespace }: { readonly namespace: string }) {
  const missions = useAsked<MissionList>('/api/missions');
  const namespaces = useMemo(() => (missions.kind === 'answer' ? [...new Set(missions.value.missions.map((row) => row.namespace))].sort() : []), [missions]);
  const [span, setSpan] = useState<keyof typeof spans>('7 days');
  const first = namespaces[0];
  useEffect(() => {
    if (namespace === '' && first !== undefined) location.replace(hashOf({ view: 'stats', namespace: first }));
  }, [namespace, first]);
  if (missions.kind === 'refused') return <Refusal refused={missions.refused} />;
  return (
    <main class="stats">
      <div class="tools">
        <h1>Statistics</h1>
        <select aria-label="Namespace" value={namespace} onChange={({ currentTarget }) => (location.hash = hashOf({ view: 'stats', namespace: currentTarget.value }))}>
          {[...new Set([namespace, ...namespaces])].filter((name) => name !== '').map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <select aria-label="How far back" value={span} onChange={({ currentTarget }) => setSpan(currentTarget.value as keyof typeof spans)}>
          {Object.keys(spans).map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </div>
      {namespace !== '' && <Answers key={`${namespace} ${span}`} namespace={namespace} backMs={spans[span]} />}
      {namespace === '' && missions.kind === 'answer' && <Nothing>There is no mission that you may see.</Nothing>}
    </main>
  );
}

function Answers({ namespace, backMs }: { readonly namespace: string; readonly backMs: number }) {
  const [from] = useState(() => new Date(Date.now() - backMs).toISOString());
  const unit = backMs <= spans['24 hours'] ? 'hour' : 'day';
  const path = (template: string, by: string) => `/api/stats/${encodeURIComponent(namespace)}/${template}?by=${by}&from=${encodeURIComponent(from)}&limit=1000`;
  const cost = useAsked<StatsAnswer>(path('cost', 'day'));
  const trends = useAsked<StatsAnswer>(path('trends', unit));
  const models = useAsked<StatsAnswer>(path('cost', 'model'));
  const latency = useAsked<StatsAnswer>(path('latency', 'task_type'));
  const failures = useAsked<StatsAnswer>(path('failures', 'reason'));
  if (cost.kind === 'refused') return <Refusal refused={cost.refused} />;
  return (
    <div class="grid">
      <Section title="Cost by day" id="cost-day">
        <Answered asked={cost}>{(answer) => <CostPlot answer={answer} />}</Answered>
      </Section>
      <Section title={`Tasks and missions by ${unit}`} id="trends">
        <Answered asked={trends}>{(answer) => <TrendPlot answer={answer} unit={unit} />}</Answered>
      </Section>
      <Section title="Cost by model" id="cost-model">
        <Answered asked={models}>{(answer) => <StatsTable answer={answer} title="Cost by model" />}</Answered>
      </Section>
      <Section title="Why tasks failed" id="failures">
        <Answered asked={failures}>{(answer) => <StatsTable answer={answer} title="Why tasks failed" />}</Answered>
      </Section>
      <Section title="How long tasks took" id="latency">
        <Answered asked={latency}>{(answer) => <StatsTable answer={answer} title="How long tasks took" />}</Answered>
      </Section>
    </div>
  );
}

function Answered({ asked, children }: { readonly asked: Asked<StatsAnswer>; readonly children: (answer: StatsAnswer) => preact.ComponentChildren }) {
  if (asked.kind === 'waiting') return <Nothing>Asking …</Nothing>;
  if (asked.kind === 'refused') return <Refusal refused={asked.refused} />;
  return asked.value.rows.length === 0 ? <Nothing>Nothing of that happened.</Nothing> : <>{children(asked.value)}</>;
}

function CostPlot({ answer }: { readonly answer: StatsAnswer }) {
  const series = useMemo(() => columnsOverTime(answer, ['cost_usd']), [answer]);
  return <Plot series={series} unit="usd" title="US dollars by day" />;
}

function TrendPlot({ answer, unit }: { readonly answer: StatsAnswer; readonly unit: string }) {
  const series = useMemo(() => kindsOverTime(answer, ended), [answer]);
  return <Plot series={series} unit="count" title={`Tasks created and ended, missions ended, by ${unit}`} />;
}
