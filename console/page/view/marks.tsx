// Small pieces that everything else is drawn from.
import type { ComponentChildren } from 'preact';
import type { Tone } from '../model/tone.ts';

/** A shape for each tone, so that nobody needs colours to tell them apart. */
const shapes: Readonly<Record<Tone, string>> = {
  good: 'M3.5 8.5l3 3 6-7',
  bad: 'M4.5 4.5l7 7M11.5 4.5l-7 7',
  busy: 'M8 2.5a5.5 5.5 0 1 1-5.5 5.5',
  wait: 'M8 4.5V8l2.5 1.5M8 2.2a5.8 5.8 0 1 1 0 11.6a5.8 5.8 0 1 1 0-11.6',
  ask: 'M5.8 6.2a2.3 2.3 0 1 1 3.3 2.1c-.8.4-1.1.8-1.1 1.6M8 12.4v.1',
  off: 'M4 8h8',
};

/** The mark of a tone. What it means stands beside it in words. */
export function Mark({ tone, size = 16 }: { readonly tone: Tone; readonly size?: number }) {
  return (
    <svg class={`mark ${tone}`} width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <path d={shapes[tone]} />
    </svg>
  );
}

/** A word in a frame of its tone. */
export function Chip({ tone, children }: { readonly tone: Tone; readonly children: ComponentChildren }) {
  return (
    <span class={`chip ${tone}`}>
      <Mark tone={tone} size={14} />
      <span>{children}</span>
    </span>
  );
}

/** `3 / 5` with a bar. */
export function Share({ done, total, what, isBad = false }: { readonly done: number; readonly total: number; readonly what: string; readonly isBad?: boolean }) {
  const part = total === 0 ? 0 : Math.min(1, done / total);
  return (
    <span class="share" aria-label={`${done} of ${total} ${what}`}>
      <span class="of" aria-hidden="true">
        {done}
        <i>/{total}</i>
      </span>
      <svg class={`bar ${isBad ? 'bad' : part === 1 ? 'good' : 'busy'}`} width="64" height="6" viewBox="0 0 64 6" aria-hidden="true">
        <rect class="rail" width="64" height="6" rx="3" />
        {part > 0 && <rect width={Math.max(6, 64 * part)} height="6" rx="3" />}
      </svg>
    </span>
  );
}

/** A part of a page with a title of its own. */
export function Section({ title, id, side, children }: { readonly title: string; readonly id: string; readonly side?: ComponentChildren; readonly children: ComponentChildren }) {
  return (
    <section class="card" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {side}
      </header>
      {children}
    </section>
  );
}

/** What is said where there is nothing to show. */
export function Nothing({ children }: { readonly children: ComponentChildren }) {
  return <p class="nothing">{children}</p>;
}
