// Lists in pages: later pages show the world as it was at the first one.
import { expired } from './refusal.ts';
import type { FakeRequest } from './request.ts';
import { selectorOf } from './selectors.ts';
import type { FakeObject, World } from './world.ts';

export class Lists {
  readonly #world: World;
  /** What is left of lists in the making, by the token that continues them. */
  readonly #rest = new Map<string, { readonly version: number; readonly objects: readonly FakeObject[] }>();
  #lastToken = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** The page that a request asks for. */
  page(request: FakeRequest): object {
    const { type, query } = request;
    const { version, objects } = this.#remaining(request);
    const limit = Number(query.get('limit') ?? 0) || objects.length;
    const metadata = { resourceVersion: String(version), continue: this.#keep(version, objects.slice(limit)) };
    return { kind: `${type.kind}List`, apiVersion: 'v1', metadata, items: objects.slice(0, limit) };
  }

  /** Makes all tokens expire. */
  forget(): void {
    this.#rest.clear();
  }

  #remaining({ type, namespace, query }: FakeRequest): { readonly version: number; readonly objects: readonly FakeObject[] } {
    const token = query.get('continue');
    if (token !== null) {
      const rest = this.#rest.get(token);
      if (rest === undefined) throw expired();
      return rest;
    }
    const matches = selectorOf(query.get('labelSelector'), query.get('fieldSelector'));
    const objects = this.#world.list(type.plural).filter((object) => (namespace === '' || object.metadata.namespace === namespace) && matches(object));
    return { version: this.#world.version, objects };
  }

  #keep(version: number, objects: readonly FakeObject[]): string | undefined {
    if (objects.length === 0) return undefined;
    const token = `page-${++this.#lastToken}`;
    this.#rest.set(token, { version, objects });
    return token;
  }
}
