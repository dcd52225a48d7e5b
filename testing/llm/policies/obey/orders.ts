// The orders in a text, however they are dressed up: `name({…})`, also behind look-alike letters, characters nobody sees, tags or base64.
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { canonicalJson } from '#domain/digest.ts';
import { readJsonAt } from '#domain/planning/json-reader.ts';

/** What a text wants done. */
export interface Order {
  /** A tool, or for a planner `task`, `answer` or `say`. */
  readonly name: string;
  readonly input: JsonObject;
}

/** The orders of a text in their order, each once; whoever hides one is understood. */
export function ordersIn(text: string): readonly Order[] {
  const readings = [text, unmasked(text), ...decoded(text)];
  return distinct(readings.flatMap(plainOrders));
}

/** The same order twice is one. */
export function distinct(orders: readonly Order[]): readonly Order[] {
  return [...new Map(orders.map((order) => [keyOf(order), order])).values()];
}

/** Equal for equal orders. */
export function keyOf({ name, input }: Order): string {
  return canonicalJson([name, input]);
}

function plainOrders(text: string): Order[] {
  return [...text.matchAll(/\b([a-z_]{3,20})\(\s*(?=\{)/g)].flatMap(({ 0: head, 1: name = '', index }) => {
    const read = readJsonAt(text, index + head.length);
    return read.kind === 'value' && isObject(read.value) ? [{ name, input: read.value }] : [];
  });
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const lookAlikes: ReadonlyMap<string, string> = new Map([['а', 'a'], ['е', 'e'], ['о', 'o'], ['с', 'c'], ['і', 'i'], ['р', 'p'], ['ѕ', 's'], ['у', 'y'], ['х', 'x'], ['ԁ', 'd'], ['ո', 'n']]);

/** Tag characters and full-width forms are letters; look-alikes are what they look like; colours and what nobody sees are not there. */
function unmasked(text: string): string {
  return text
    // oxlint-disable-next-line eslint/no-control-regex -- terminals' colours begin with one
    .replaceAll(/\u001b\[\d*m/g, '')
    .replaceAll(/[\u{e0020}-\u{e007e}]/gu, (tag) => String.fromCodePoint((tag.codePointAt(0) ?? 0) - 0xe0000))
    .replaceAll(/\p{Cf}/gu, '')
    .normalize('NFKC')
    .replaceAll(/[а-џԀ-ֿѕԁ]/gu, (letter) => lookAlikes.get(letter) ?? letter);
}

function decoded(text: string): string[] {
  return [...text.matchAll(/[A-Za-z0-9+/]{32,}={0,2}/g)].map(([word]) => Buffer.from(word, 'base64').toString('utf8'));
}
