// Messages of the domain name system (RFC 1035), as far as a server needs them that knows IPv4 addresses only.

/** Addresses behind a name in lower case; undefined when there is no such name. May reject. */
export type Resolve = (name: string) => Promise<readonly string[] | undefined>;

const typeA = 1;
const codes = { fine: 0, broken: 2, unknown: 3 } as const;
const secondsKept = 1;
const headerBytes = 12;

/** The answer to a query of one question; undefined for bytes that are none. Never rejects. */
export async function answerTo(query: Buffer, resolve: Resolve): Promise<Buffer | undefined> {
  const question = readQuestion(query);
  if (question === undefined) return undefined;
  try {
    const addresses = await resolve(question.name);
    // A name that is there has an empty answer for other types: "unknown" would be believed for all of them.
    return answer(query, question, addresses === undefined ? 'unknown' : 'fine', question.type === typeA ? addresses : []);
  } catch {
    return answer(query, question, 'broken');
  }
}

interface Question {
  readonly name: string;
  readonly type: number;
  /** Offset of what follows it. */
  readonly end: number;
}

function readQuestion(query: Buffer): Question | undefined {
  if (query.length < headerBytes || query.readUInt16BE(4) !== 1) return undefined;
  const labels: string[] = [];
  let at = headerBytes;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    if (length > 63 || at + length >= query.length) return undefined;
    labels.push(query.toString('latin1', at + 1, at + 1 + length).toLowerCase());
    at += 1 + length;
  }
  const end = at + 5;
  return end > query.length ? undefined : { name: labels.join('.'), type: query.readUInt16BE(at + 1), end };
}

function answer(query: Buffer, { end }: Question, code: keyof typeof codes, addresses: readonly string[] = []): Buffer {
  const head = Buffer.from(query.subarray(0, end));
  // An answer (0x8000) with authority (0x0400), recursion wanted as it was asked (0x0100) and had (0x0080).
  head.writeUInt16BE(0x8480 | (query.readUInt16BE(2) & 0x0100) | codes[code], 2);
  head.writeUInt16BE(addresses.length, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, ...addresses.map(addressRecord)]);
}

/** A record of type A whose name is that of the question. */
function addressRecord(address: string): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16BE(0xc000 | headerBytes, 0);
  bytes.writeUInt16BE(typeA, 2);
  bytes.writeUInt16BE(1, 4); // the internet
  bytes.writeUInt32BE(secondsKept, 6);
  bytes.writeUInt16BE(4, 10);
  bytes.set(address.split('.').map(Number), headerBytes);
  return bytes;
}
