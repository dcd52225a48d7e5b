// Answers of stats as plots and tables.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { StatsAnswer } from '#api/stats.ts';
import { duration, usd } from '../model/format.ts';
import { type Series, tableCell } from '../model/series.ts';

const colours = ['--plot-1', '--plot-2', '--plot-3', '--plot-4', '--plot-5'] as const;
/** Lines differ in their dashes too. */
const dashes: readonly (readonly number[])[] = [[], [6, 4], [2, 3], [10, 4, 2, 4], [1, 5]];

/** Series over time. */
export function Plot({ series, unit, title }: { readonly series: Series; readonly unit: 'usd' | 'ms' | 'count'; readonly title: string }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    let plot = draw(element, series, unit);
    const again = () => {
      plot.destroy();
      plot = draw(element, series, unit);
    };
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: 220 }));
    observer.observe(element);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', again);
    return () => {
      scheme.removeEventListener('change', again);
      observer.disconnect();
      plot.destroy();
    };
  }, [series, unit]);
  return <div ref={box} class="plot" role="img" aria-label={title} />;
}

function draw(element: HTMLDivElement, { times, lines }: Series, unit: 'usd' | 'ms' | 'count'): uPlot {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const text = (value: number) => (unit === 'usd' ? usd(String(value)) : unit === 'ms' ? duration(value) : String(value));
  const dates = (_: uPlot, splits: number[]) => splits.map((seconds, index) => dateText(seconds, (splits[index + 1] ?? seconds) - seconds || seconds - (splits[index - 1] ?? seconds)));
  const axis = { stroke: colour('--soft'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false }, font: `12px ${style.fontFamily}` };
  return new uPlot(
    {
      width: element.clientWidth,
      height: 220,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
      axes: [{ ...axis, values: dates }, { ...axis, size: 64, values: (_, values) => values.map(text) }],
      series: [
        { label: 'UTC' },
        ...lines.map(({ name }, index): uPlot.Series => ({ label: name, stroke: colour(colours[index % colours.length] ?? ''), dash: [...(dashes[index % dashes.length] ?? [])], width: 2, points: { size: 5 }, value: (_, value) => (value === null ? '–' : text(value)) })),
      ],
    },
    [[...times], ...lines.map(({ values }) => [...values])],
    element,
  );
}

/** The day, or the hour where days are apart by more than one mark. */
function dateText(seconds: number, step: number): string {
  const text = new Date(seconds * 1000).toISOString();
  return step >= 86_400 || seconds % 86_400 === 0 ? text.slice(5, 10) : text.slice(11, 16);
}

/** An answer as a table. */
export function StatsTable({ answer, title }: { readonly answer: StatsAnswer; readonly title: string }) {
  return (
    <div class="scroll">
      <table aria-label={title}>
        <thead>
          <tr>
            {answer.columns.map(({ name, unit }) => (
              <th key={name} scope="col" class={unit === 'text' || unit === 'time' ? '' : 'number'}>
                {name.replaceAll('_', ' ')}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {answer.rows.map((row) => (
            <tr key={row.join(' ')}>
              {row.map((value, index) => {
                const unit = answer.columns[index]?.unit ?? 'text';
                return (
                  <td key={answer.columns[index]?.name} class={unit === 'text' || unit === 'time' ? '' : 'number'}>
                    {tableCell(value, unit)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
