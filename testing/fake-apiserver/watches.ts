// The open watches of the double: who is told what, and in which order.
import type { ServerResponse } from 'node:http';
import type { FakeRequest } from './request.ts';
import { expired, statusOf } from './refusal.ts';
import { selectorOf } from './selectors.ts';
import type { Change, FakeObject } from './world.ts';

interface Stream {
  readonly plural: string;
  readonly namespace: string;
  /** Changes up to this version are not told, even those of the future: a restored server is silent until it gets there. */
  readonly from: number;
  readonly matches: (object: FakeObject) => boolean;
  readonly response: ServerResponse;
  readonly heldBack: string[];
}

export class Watches {
  readonly #streams = new Set<Stream>();
  readonly #frozen = new Set<string>();

  /** Watches open now, of a kind or of all. */
  count(plural?: string): number {
    return this.#of(plural).length;
  }

  /** Opens a stream and first tells it the changes it asked to catch up on. */
  open(request: FakeRequest, response: ServerResponse, past: readonly Change[]): void {
    const { plural, namespace, query } = request;
    const stream: Stream = { plural, namespace, from: Number(query.get('resourceVersion') ?? 0), matches: selectorOf(query.get('labelSelector'), query.get('fieldSelector')), response, heldBack: [] };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    this.#streams.add(stream);
    const timer = setTimeout(() => this.#end(stream), Number(query.get('timeoutSeconds') ?? 1800) * 1000);
    response.on('close', () => {
      clearTimeout(timer);
      this.#streams.delete(stream);
    });
    for (const change of past) this.#tell(stream, change);
  }

  /** Tells everybody whom a change concerns. */
  publish(change: Change): void {
    for (const stream of this.#of(change.plural)) this.#tell(stream, change);
  }

  bookmark(version: number, plural?: string): void {
    for (const stream of this.#of(plural)) this.#write(stream, `${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(version) } } })}\n`);
  }

  /** Answers a watch with an ERROR event and the end of the stream. */
  expireInStream(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify({ type: 'ERROR', object: statusOf(expired()) })}\n`);
  }

  raw(plural: string, text: string): void {
    for (const stream of this.#of(plural)) this.#write(stream, text);
  }

  freeze(plural: string): void {
    this.#frozen.add(plural);
  }

  thaw(plural: string): void {
    this.#frozen.delete(plural);
    for (const stream of this.#of(plural)) for (const text of stream.heldBack.splice(0)) stream.response.write(text);
  }

  reset(plural?: string): void {
    for (const stream of this.#of(plural)) {
      this.#streams.delete(stream);
      stream.response.socket?.resetAndDestroy();
    }
  }

  end(plural?: string): void {
    for (const stream of this.#of(plural)) this.#end(stream);
  }

  #end(stream: Stream): void {
    this.#streams.delete(stream);
    stream.response.end();
  }

  #of(plural: string | undefined): Stream[] {
    return [...this.#streams].filter((stream) => plural === undefined || stream.plural === plural);
  }

  #tell(stream: Stream, change: Change): void {
    if (change.version <= stream.from) return;
    if (stream.namespace !== '' && change.object.metadata.namespace !== stream.namespace) return;
    const event = eventFor(stream.matches, change);
    if (event !== undefined) this.#write(stream, `${JSON.stringify(event)}\n`);
  }

  #write(stream: Stream, text: string): void {
    if (this.#frozen.has(stream.plural)) stream.heldBack.push(text);
    else stream.response.write(text);
  }
}

/** The change as it looks through a selector: objects enter it and leave it. */
function eventFor(matches: Stream['matches'], { type, object, old, version }: Change): object | undefined {
  const was = old !== undefined && matches(old);
  const is = type !== 'DELETED' && matches(object);
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object };
  if (!was) return undefined;
  // Told in its last matching state, with the version of the change.
  return { type: 'DELETED', object: { ...old, metadata: { ...old.metadata, resourceVersion: String(version) } } };
}
