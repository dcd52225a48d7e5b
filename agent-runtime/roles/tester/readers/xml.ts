// A strict reader of the XML that test reports are made of: elements, attributes, text. No document type, so no entity can be
// declared; nothing is built as a whole, so a report of any size is read in one pass.

/** What a document is made of, one after the other. */
export type XmlToken =
  | { readonly kind: 'open'; readonly name: string; readonly attributes: ReadonlyMap<string, string> }
  | { readonly kind: 'close'; readonly name: string }
  | { readonly kind: 'text'; readonly text: string }
  /** The document is not well formed; nothing follows. */
  | { readonly kind: 'broken' };

const limits = { depth: 64, text: 16_384, tag: 262_144 } as const;

const broken: XmlToken = { kind: 'broken' };

/** Markup that is passed over, by how it begins and ends. */
const passedOver = [['<?', '?>'], ['<!--', '-->']] as const;

/** Tokens of a document; the last one is `broken` unless every element is closed. */
export function* xmlTokens(xml: string): Generator<XmlToken> {
  const open: string[] = [];
  for (let at = 0; at < xml.length; ) {
    const step = xml[at] === '<' ? markupAt(xml, at) : textAt(xml, at);
    for (const token of step?.tokens ?? [broken]) {
      if (!fits(token, open)) return yield broken;
      yield token;
    }
    at = step?.next ?? xml.length;
  }
  if (open.length > 0) yield broken;
}

/** Keeps `open`, the names of the elements around; false when `token` cannot stand inside them. */
function fits(token: XmlToken, open: string[]): boolean {
  switch (token.kind) {
    case 'open':
      return open.push(token.name) <= limits.depth;
    case 'close':
      return open.pop() === token.name;
    case 'text':
      return open.length > 0 || token.text.trim() === '';
    case 'broken':
      return false;
  }
}

interface Step {
  readonly tokens: readonly XmlToken[];
  readonly next: number;
}

function textAt(xml: string, at: number): Step {
  const end = xml.indexOf('<', at);
  const next = end === -1 ? xml.length : end;
  return { tokens: [{ kind: 'text', text: decoded(xml.slice(at, Math.min(next, at + limits.text))) }], next };
}

function markupAt(xml: string, at: number): Step | undefined {
  if (xml.startsWith('<![CDATA[', at)) {
    const end = xml.indexOf(']]>', at);
    return end === -1 ? undefined : { tokens: [{ kind: 'text', text: xml.slice(at + 9, Math.min(end, at + 9 + limits.text)) }], next: end + 3 };
  }
  for (const [start, stop] of passedOver) {
    const end = xml.startsWith(start, at) ? xml.indexOf(stop, at + start.length) : undefined;
    if (end !== undefined) return end === -1 ? undefined : { tokens: [], next: end + stop.length };
  }
  return tagAt(xml, at);
}

const closing = /<\/([\w:.-]+)\s*>/y;
const opening = /<([A-Za-z_][\w:.-]*)/y;
const attribute = /\s+([\w:.-]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const ending = /\s*(\/?)>/y;

function tagAt(xml: string, at: number): Step | undefined {
  const [, closed] = matchAt(closing, xml, at) ?? [];
  if (closed !== undefined) return { tokens: [{ kind: 'close', name: closed }], next: closing.lastIndex };
  const [, name] = matchAt(opening, xml, at) ?? [];
  if (name === undefined) return undefined;
  const { attributes, next } = attributesAt(xml, opening.lastIndex);
  const [, slash] = matchAt(ending, xml, next) ?? [];
  if (slash === undefined) return undefined;
  const open: XmlToken = { kind: 'open', name, attributes };
  return { tokens: slash === '/' ? [open, { kind: 'close', name }] : [open], next: ending.lastIndex };
}

function attributesAt(xml: string, at: number): { readonly attributes: ReadonlyMap<string, string>; readonly next: number } {
  const attributes = new Map<string, string>();
  let next = at;
  for (let match = matchAt(attribute, xml, next); match !== undefined && next - at < limits.tag; match = matchAt(attribute, xml, next)) {
    const [, name = '', double, single = ''] = match;
    attributes.set(name, decoded((double ?? single).slice(0, limits.text)));
    next = attribute.lastIndex;
  }
  return { attributes, next };
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The five entities of XML and character numbers; anything else stays as it is written. */
function decoded(text: string): string {
  return text.replaceAll(/&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|(amp|lt|gt|quot|apos));/g, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return named[name] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
