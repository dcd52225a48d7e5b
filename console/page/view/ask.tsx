// How the page asks: answers as values, streams that come back by themselves.
import { useEffect, useState } from 'preact/hooks';
import type { Refused } from '#api/console.ts';

export type Asked<T> = { readonly kind: 'waiting' } | { readonly kind: 'answer'; readonly value: T } | { readonly kind: 'refused'; readonly status: number; readonly refused: Refused };

/** Where a mission is asked for. Names come from addresses, which anybody may write. */
export function pathOf(namespace: string, name: string): string {
  return `/api/missions/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
}

/** Asks once. */
export async function ask<T>(path: string): Promise<Asked<T>> {
  try {
    const response = await fetch(path, { headers: { accept: 'application/json' } });
    const body: unknown = await response.json();
    return response.ok ? { kind: 'answer', value: body as T } : { kind: 'refused', status: response.status, refused: body as Refused };
  } catch {
    return { kind: 'refused', status: 0, refused: { error: 'the console does not answer', next: 'see that kubectl mission dashboard still runs, then reload this page' } };
  }
}

/** Asks when `path` or `turn` change; while a newer answer is on its way the older one stays. */
export function useAsked<T>(path: string | undefined, turn = 0): Asked<T> {
  const [asked, setAsked] = useState<{ readonly path: string | undefined; readonly answer: Asked<T> }>({ path, answer: { kind: 'waiting' } });
  useEffect(() => {
    if (path === undefined) return undefined;
    let isWanted = true;
    void ask<T>(path).then((answer) => {
      if (isWanted) setAsked((before) => (answer.kind === 'refused' && answer.status === 0 && before.path === path && before.answer.kind === 'answer' ? before : { path, answer }));
    });
    return () => {
      isWanted = false;
    };
  }, [path, turn]);
  return asked.path === path ? asked.answer : { kind: 'waiting' };
}

export type Listening = 'opening' | 'live' | 'lost';

/** Listens to a stream while the component is shown. */
export function useStream(path: string, handlers: Readonly<Record<string, (data: string) => void>>): Listening {
  const [listening, setListening] = useState<Listening>('opening');
  useEffect(() => {
    const source = new EventSource(path);
    source.onopen = () => setListening('live');
    source.onerror = () => setListening('lost');
    for (const [name, handle] of Object.entries(handlers)) source.addEventListener(name, ({ data }) => handle(String(data)));
    return () => source.close();
    // Handlers are made anew with each drawing; those of the first one work on the latest state.
  }, [path]);
  return listening;
}

/** Why there is nothing to see. */
export function Refusal({ refused }: { readonly refused: Refused }) {
  return (
    <div class="refusal" role="alert">
      <strong>{refused.error}</strong>
      {refused.next !== '' && <p>{refused.next}</p>}
    </div>
  );
}
