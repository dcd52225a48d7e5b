// What handlers share: parameters that were checked, refusals, streams.
import type { Context } from 'hono';
import { LabelName, ObjectName } from '#api/v1alpha1/schema.ts';
import type { Refusal, Wish } from '../gate.ts';
import type { AppOptions, Variables } from '../parts.ts';
import { bytesOf, changes, type Source, type Message, type StreamOptions, whileAllowed } from '../streams.ts';

export type Asked = Context<Variables>;

/** Says why not. */
export function refused(c: Asked, { status, error, next }: Refusal | { readonly status: 400 | 404; readonly error: string; readonly next: string }): Response {
  return c.json({ error, next }, status);
}

/** The namespace of a query: undefined for all, or null when it is no name. */
export function namespaceIn(c: Asked): string | undefined | null {
  const text = c.req.query('namespace');
  if (text === undefined || text === '') return undefined;
  return LabelName.safeParse(text).success ? text : null;
}

/** The mission that a path names; undefined when it cannot be the name of one. */
export function missionIn(c: Asked): { readonly namespace: string; readonly name: string } | undefined {
  const [namespace = '', name = ''] = [c.req.param('namespace'), c.req.param('name')];
  return LabelName.safeParse(namespace).success && ObjectName.safeParse(name).success ? { namespace, name } : undefined;
}

export const noName = { status: 400, error: 'this is no name of a namespace or an object', next: 'use the names that kubectl get missions -A prints' } as const;
export const noMission = { status: 404, error: 'there is no such mission', next: 'kubectl get missions.coditect.ai' } as const;

interface Streaming {
  readonly options: AppOptions;
  /** Rights that the reader must keep. */
  readonly wishes: readonly Wish[];
  /** Asked together with the rights, to look again at what follows from them. */
  readonly renew?: () => Promise<void>;
}

/** Streams what changes. */
export function streamChanges(c: Asked, source: Source, streaming: Streaming): Response {
  return stream(c, (options) => changes(source, options), streaming);
}

/** Streams messages that somebody else tells; `open` gets the signal that ends it. */
export function streamMessages(c: Asked, open: (signal: AbortSignal) => AsyncIterable<Message>, streaming: Streaming): Response {
  return stream(c, (options) => whileAllowed(open(options.signal), options), streaming);
}

function stream(c: Asked, open: (options: StreamOptions) => AsyncGenerator<Message>, { options, wishes, renew }: Streaming): Response {
  const caller = c.get('caller');
  const giveBack = options.seats.take(caller.user.username);
  if (giveBack === undefined) return refused(c, { status: 429, error: 'too many streams are open', next: 'close some pages' });
  const over = new AbortController();
  const end = () => {
    over.abort();
    giveBack();
  };
  c.req.raw.signal.addEventListener('abort', end, { once: true });
  const still = async () => {
    // The token may have ended too: then the page comes back with another one.
    if ((await options.gate.enter(caller.authorization)).kind === 'refused') return false;
    if ((await options.gate.refuses(caller, wishes)) !== undefined) return false;
    await renew?.();
    return true;
  };
  const messages = open({ clock: options.clock, still, signal: over.signal });
  return c.body(bytesOf(messages, end), 200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' });
}
