// The graph of tasks, drawn from left to right.
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { TaskCard } from '#api/console.ts';
import { type Drawing, type Edge, layout } from '../model/layout.ts';
import { toneOfTask, words } from '../model/tone.ts';
import { Mark } from './marks.tsx';
import { useWidth } from './width.tsx';

const sizes = { width: 172, height: 52, gapX: 36, gapY: 16 } as const;
const margin = 12;
const roundness = 24;
/** What is wider than its box is drawn smaller, but never so small that it cannot be read; then it is scrolled. */
const leastScale = 0.74;

/** The graph; the task of `at` is framed and kept in sight. */
export function Graph({ tasks, at, onPick }: { readonly tasks: readonly TaskCard[]; readonly at: string; readonly onPick: (name: string) => void }) {
  // Where tasks stand does not depend on how they are.
  const shape = JSON.stringify(tasks.map(({ name, dependsOn }) => [name, dependsOn]));
  const drawing = useMemo(() => layout(tasks, sizes), [shape]);
  const [box, setBox] = useState<HTMLDivElement | null>(null);
  const [width, height] = [drawing.width + 2 * margin, drawing.height + 2 * margin];
  const scale = Math.max(leastScale, Math.min(1, useWidth(box, width) / width));
  useEffect(() => {
    const place = drawing.places.find(({ name }) => name === at);
    if (place !== undefined) bringIntoSight(box, place, scale);
  }, [at, drawing]);
  const cards = new Map(tasks.map((task) => [task.name, task]));
  const near = new Set([at, ...(cards.get(at)?.dependsOn ?? [])]);
  return (
    <div ref={setBox} class="graph" tabIndex={0} role="group" aria-label={`Graph of ${tasks.length} tasks`}>
      <svg width={width * scale} height={height * scale} viewBox={`0 0 ${width} ${height}`}>
        <g transform={`translate(${margin} ${margin})`}>
          <Edges drawing={drawing} cards={cards} at={at} near={near} />
          {drawing.places.map(({ name, x, y }) => {
            const card = cards.get(name);
            return card && <Node key={name} card={card} x={x} y={y} isAt={name === at} onPick={onPick} />;
          })}
        </g>
      </svg>
    </div>
  );
}

function Edges({ drawing, cards, at, near }: { readonly drawing: Drawing; readonly cards: ReadonlyMap<string, TaskCard>; readonly at: string; readonly near: ReadonlySet<string> }) {
  const isNear = ({ from, to }: Edge) => at !== '' && ((to === at && near.has(from)) || from === at);
  return (
    <g class="edges" aria-hidden="true">
      {drawing.edges.toSorted((a, b) => Number(isNear(a)) - Number(isNear(b))).map((edge) => (
        <path key={`${edge.from} ${edge.to}`} class={`${toneOfTask(cards.get(edge.from)?.state ?? '')}${isNear(edge) ? ' near' : ''}`} d={pathOf(edge)} />
      ))}
    </g>
  );
}

/** Runs straight past a layer, and bends between two. */
function pathOf({ points }: Edge): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let [x, y] = [first.x + sizes.width, first.y];
  let path = `M${x} ${y}`;
  rest.forEach((point, index) => {
    const isLast = index === rest.length - 1;
    const bend = Math.min(roundness, (point.x - x) / 2);
    path += `C${x + bend} ${y} ${point.x - bend} ${point.y} ${point.x} ${point.y}`;
    [x, y] = [point.x, point.y];
    if (isLast) return;
    x += sizes.width;
    path += `H${x}`;
  });
  return path;
}

const [mostName, mostWhat] = [17, 21] as const;

function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function Node({ card, x, y, isAt, onPick }: { readonly card: TaskCard; readonly x: number; readonly y: number; readonly isAt: boolean; readonly onPick: (name: string) => void }) {
  const tone = toneOfTask(card.state);
  const { name, type, state, action } = card;
  return (
    <g class={`node ${tone}${isAt ? ' at' : ''}`} transform={`translate(${x} ${y})`} role="button" aria-label={`Task ${name}, ${words(state)}`} aria-pressed={isAt} onClick={() => onPick(name)}>
      <title>{`${name}: ${words(state)}`}</title>
      <rect width={sizes.width} height={sizes.height} rx="10" />
      <g transform="translate(12 18)">
        <Mark tone={tone} />
      </g>
      <text class="name" x="36" y="22">
        {shortened(name, mostName)}
      </text>
      <text class="what" x="36" y="39">
        {shortened(card.isMemoized ? 'known from before' : action === '' ? type : `${type}, ${action}`, mostWhat)}
      </text>
    </g>
  );
}

function bringIntoSight(box: HTMLDivElement | null, place: { readonly x: number; readonly y: number }, scale: number): void {
  if (box === null) return;
  const [x, y, width, height] = [(place.x + margin) * scale, (place.y + margin) * scale, sizes.width * scale, sizes.height * scale];
  const isSeen = x >= box.scrollLeft && x + width <= box.scrollLeft + box.clientWidth && y >= box.scrollTop && y + height <= box.scrollTop + box.clientHeight;
  if (!isSeen) box.scrollTo({ left: x + width / 2 - box.clientWidth / 2, top: y + height / 2 - box.clientHeight / 2 });
}
