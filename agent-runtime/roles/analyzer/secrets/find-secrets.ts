// Finds secrets in any text. A finding shows a few characters at most, so that the report may be read by more people than the secret.
import type { Finding, RuleText } from '#agent-runtime/roles/analyzer/finding.ts';
import { atMost } from '#agent-runtime/roles/analyzer/rules/at-most.ts';
import { entropy } from './entropy.ts';
import { namedSecrets } from './passwords.ts';
import { bodyLength, shapes } from './shapes.ts';

/** The most characters of a secret that are shown. */
const maxShown = 4;
/** A shape filled with one or two characters is drawn, not issued. */
const minShapeEntropy = 2;

const password: RuleText = {
  id: 'secret-password',
  means: 'A password, or another secret that is known by its name, stands in a file.',
  next: 'Revoke it where it is valid, read the new one from the environment or a secret store, and remember that the history still holds the old one.',
};

/** What the rules over secrets mean. */
export const secretRuleTexts: readonly RuleText[] = [...shapes.map(({ id, means, next }) => ({ id, means, next })), password];

/** A secret and where it stands; of a private key only its head. */
export interface Found {
  readonly rule: RuleText;
  readonly start: number;
  readonly end: number;
}

/** The secrets of a text, sorted by place; at most 50 of a kind. Linear in the length of the text. */
export function findSecrets(path: string, text: string): Finding[] {
  const found = secretsIn(text);
  const places = placesOf(text, found);
  return atMost(found.map((one, at) => ({ rule: one.rule.id, level: 'error', message: `${one.rule.means.slice(0, -1)}: ${shown(text.slice(one.start, one.end))}`, place: { path, ...places[at] ?? { line: 1 } } })));
}

/** All secrets of a text, sorted by place. Linear in the length of the text. `among`: the shapes that are looked for. */
export function secretsIn(text: string, among: typeof shapes = shapes): readonly Found[] {
  const known = among.flatMap((shape) => [...ofShape(shape, text)]).toSorted((a, b) => a.start - b.start);
  const named = [...namedSecrets(text)].map(({ start, end }): Found => ({ rule: password, start, end }));
  return [...known, ...notIn(known, named)].toSorted((a, b) => a.start - b.start);
}

function* ofShape(shape: (typeof shapes)[number], text: string): Generator<Found> {
  for (const { 0: secret, index } of text.matchAll(shape.pattern)) {
    const end = index + secret.length;
    const isDrawn = /example/i.test(secret) || entropy(secret.slice(maxShown)) < minShapeEntropy;
    if (!isDrawn && (shape.holds?.(secret, text.slice(end, end + bodyLength)) ?? true)) yield { rule: shape, start: index, end };
  }
}

/** Those of `named` in which no secret of a known shape stands; both are sorted. */
function notIn(known: readonly Found[], named: readonly Found[]): readonly Found[] {
  let next = 0;
  return named.filter(({ start, end }) => {
    while ((known[next]?.end ?? Infinity) <= start) next += 1;
    return (known[next]?.start ?? Infinity) >= end;
  });
}

/** Lines and columns, counted along the text once. */
function placesOf(text: string, found: readonly Found[]): readonly { readonly line: number; readonly column: number }[] {
  let line = 1;
  let lineStart = 0;
  return found.map(({ start }) => {
    for (let at = text.indexOf('\n', lineStart); at !== -1 && at < start; at = text.indexOf('\n', lineStart)) {
      line += 1;
      lineStart = at + 1;
    }
    return { line, column: start - lineStart + 1 };
  });
}

/** A quarter of a secret at most, and never more than four characters; of a key nothing, its head is the same everywhere. */
function shown(secret: string): string {
  if (secret.startsWith('-')) return 'a PEM block with a body';
  return `${secret.slice(0, Math.min(maxShown, Math.floor(secret.length / 4)))}…`;
}
