// The list of missions: a thousand rows, of which those in sight are drawn.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { MissionChanges, MissionList, MissionRow } from '#api/console.ts';
import { age, between, usd } from '../model/format.ts';
import { hashOf } from '../model/route.ts';
import { changed, countsOf, type Group, groups, matching } from '../model/rows.ts';
import { toneOfMission, words } from '../model/tone.ts';
import { type Window, windowOf } from '../model/window.ts';
import { type Asked, ask, type Listening, Refusal, useStream } from './ask.tsx';
import { useKeys } from './keys.tsx';
import { Mark, Nothing, Share } from './marks.tsx';
import { useNow } from './now.tsx';

const groupTexts: Readonly<Record<Group, string>> = { all: 'All', running: 'Running', attention: 'Needs attention', succeeded: 'Succeeded', failed: 'Failed' };

/** What somebody chose in the list; it is kept while he looks at a mission. */
export interface Chosen {
  readonly text: string;
  readonly namespace: string;
  readonly group: Group;
  /** Uid of the row that the keyboard is at. */
  readonly at: string;
}

export function MissionsView({ chosen, setChosen, onListening }: { readonly chosen: Chosen; readonly setChosen: (next: Chosen) => void; readonly onListening: (listening: Listening) => void }) {
  const { rows, answer, listening } = useRows();
  useEffect(() => onListening(listening), [listening]);
  const namespaces = useMemo(() => [...new Set(rows.map(({ namespace }) => namespace))].sort(), [rows]);
  const inNamespace = useMemo(() => matching(rows, { ...chosen, group: 'all' }), [rows, chosen]);
  const shown = useMemo(() => matching(inNamespace, { text: '', namespace: '', group: chosen.group }), [inNamespace, chosen.group]);
  const filter = useRef<HTMLInputElement>(null);
  useListKeys(shown, { chosen, setChosen, filter });
  if (answer.kind === 'refused') return <Refusal refused={answer.refused} />;
  const counts = countsOf(inNamespace);
  return (
    <main class="missions">
      <div class="tools">
        <h1>Missions</h1>
        <input ref={filter} type="search" placeholder="Filter by name, namespace, state" aria-label="Filter missions" aria-keyshortcuts="/" value={chosen.text} onInput={({ currentTarget }) => setChosen({ ...chosen, text: currentTarget.value })} />
        {namespaces.length > 1 && (
          <select aria-label="Namespace" value={chosen.namespace} onChange={({ currentTarget }) => setChosen({ ...chosen, namespace: currentTarget.value })}>
            <option value="">All namespaces</option>
            {namespaces.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
      </div>
      <div class="groups" role="group" aria-label="Missions by state">
        {groups.map((group) => (
          <button key={group} type="button" aria-pressed={chosen.group === group} onClick={() => setChosen({ ...chosen, group })}>
            {groupTexts[group]} <b>{counts[group]}</b>
          </button>
        ))}
      </div>
      {answer.kind === 'waiting' ? <Nothing>Reading missions …</Nothing> : <Rows rows={shown} at={chosen.at} hasAny={rows.length > 0} leftOut={answer.value.leftOut} />}
    </main>
  );
}

function useRows(): { readonly rows: readonly MissionRow[]; readonly answer: Asked<MissionList>; readonly listening: Listening } {
  const [rows, setRows] = useState<readonly MissionRow[]>([]);
  const [answer, setAnswer] = useState<Asked<MissionList>>({ kind: 'waiting' });
  const load = () =>
    void ask<MissionList>('/api/missions').then((told) => {
      setAnswer((before) => (told.kind === 'refused' && before.kind === 'answer' ? before : told));
      if (told.kind === 'answer') setRows(told.value.missions);
    });
  // Asked for when the stream has begun, also after it was lost: what is in neither would be missed.
  const listening = useStream('/api/missions/events', { ready: load, missions: (data) => setRows((before) => changed(before, JSON.parse(data) as MissionChanges)) });
  useEffect(() => {
    if (listening === 'lost' && answer.kind === 'waiting') load();
  }, [listening]);
  return { rows, answer, listening };
}

interface ListKeys {
  readonly chosen: Chosen;
  readonly setChosen: (next: Chosen) => void;
  readonly filter: { readonly current: HTMLInputElement | null };
}

function useListKeys(shown: readonly MissionRow[], { chosen, setChosen, filter }: ListKeys): void {
  const index = shown.findIndex(({ uid }) => uid === chosen.at);
  const go = (to: number) => {
    const row = shown[Math.max(0, Math.min(shown.length - 1, to))];
    if (row !== undefined) setChosen({ ...chosen, at: row.uid });
  };
  useKeys({
    j: () => go(index + 1),
    k: () => go(index - 1),
    Enter: () => {
      const row = shown[index];
      if (row === undefined) return false;
      location.hash = hashOf({ view: 'mission', ...row });
      return true;
    },
    '/': () => filter.current?.select(),
    Escape: () => {
      if (document.activeElement === filter.current && chosen.text === '') filter.current?.blur();
      setChosen({ ...chosen, text: '' });
    },
  });
}

function Rows({ rows, at, hasAny, leftOut }: { readonly rows: readonly MissionRow[]; readonly at: string; readonly hasAny: boolean; readonly leftOut: number }) {
  const body = useRef<HTMLDivElement>(null);
  const { view, rowHeight } = useWindow(body, rows.length);
  const index = rows.findIndex(({ uid }) => uid === at);
  useEffect(() => {
    if (index >= 0) bringIntoSight(body.current, index, rowHeight);
  }, [at]);
  const now = useNow(5000);
  if (rows.length === 0) return <Nothing>{hasAny ? 'No mission matches.' : 'There is no mission that you may see. Apply one: kubectl mission run -f mission.yaml'}</Nothing>;
  return (
    <div class="table" role="table" aria-label="Missions" aria-rowcount={rows.length + 1}>
      <div class="head" role="row" aria-rowindex={1}>
        {['Mission', 'State', 'Goals', 'Tasks', 'Cost', 'Took', 'Age'].map((title) => (
          <span key={title} role="columnheader">
            {title}
          </span>
        ))}
      </div>
      <div ref={body} class="body" role="rowgroup" style={{ height: `${rows.length * rowHeight}px` }}>
        {rows.slice(view.first, view.first + view.count).map((row, offset) => (
          <Row key={row.uid} row={row} index={view.first + offset} place={{ rowHeight, isAt: row.uid === at, now }} />
        ))}
      </div>
      {leftOut > 0 && <Nothing>{leftOut} older missions are not shown.</Nothing>}
    </div>
  );
}

function Row({ row, index, place: { rowHeight, isAt, now } }: { readonly row: MissionRow; readonly index: number; readonly place: { readonly rowHeight: number; readonly isAt: boolean; readonly now: number } }) {
  const tone = toneOfMission(row);
  return (
    <div class={`row${isAt ? ' at' : ''}`} role="row" aria-rowindex={index + 2} aria-selected={isAt} style={{ transform: `translateY(${index * rowHeight}px)` }}>
      <span role="cell" class="name">
        <Mark tone={tone} />
        <span>
          <a href={hashOf({ view: 'mission', ...row })}>{row.name}</a>
          <small>{row.namespace}</small>
        </span>
      </span>
      <span role="cell" class={`state ${tone}`}>
        {words(row.refused ?? (row.awaitsApproval ? 'AwaitsApproval' : row.state))}
      </span>
      <span role="cell" class="goals">
        <Share done={row.goalsMet} total={row.goals} what="goals met" isBad={row.verdict === 'False'} />
      </span>
      <span role="cell" class="tasks">
        <Share done={row.tasksDone} total={row.tasks} what="tasks done" isBad={row.failed > 0 && row.verdict !== 'True'} />
      </span>
      <span role="cell" class="cost">{usd(row.costUsd)}</span>
      <span role="cell" class="took">{between(row.started, row.ended, now)}</span>
      <span role="cell" class="age">{age(row.created, now)}</span>
    </div>
  );
}

function useWindow(body: { readonly current: HTMLDivElement | null }, total: number): { readonly view: Window; readonly rowHeight: number } {
  const [view, setView] = useState<Window>({ first: 0, count: 40 });
  const [rowHeight, setRowHeight] = useState(() => heightOfRow());
  useEffect(() => {
    const look = () => {
      const height = heightOfRow();
      const top = -(body.current?.getBoundingClientRect().top ?? 0);
      const next = windowOf(total, height, top, top + window.innerHeight);
      setRowHeight(height);
      setView((before) => (before.first === next.first && before.count === next.count ? before : next));
    };
    look();
    window.addEventListener('scroll', look, { passive: true });
    window.addEventListener('resize', look);
    return () => {
      window.removeEventListener('scroll', look);
      window.removeEventListener('resize', look);
    };
  }, [total]);
  return { view, rowHeight };
}

function heightOfRow(): number {
  return matchMedia('(max-width: 720px)').matches ? 84 : 52;
}

function bringIntoSight(body: HTMLDivElement | null, index: number, rowHeight: number): void {
  const top = (body?.getBoundingClientRect().top ?? 0) + index * rowHeight;
  const [least, most] = [120, window.innerHeight - rowHeight - 24];
  if (top < least) window.scrollBy(0, top - least);
  else if (top > most) window.scrollBy(0, top - most);
}
