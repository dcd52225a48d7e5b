// Facts of a file as bytes, for keeping. A digest stands first: bytes that were cut or changed are not taken for facts.
import { createHash } from 'node:crypto';
import manifest from '#package.json' with { type: 'json' };
import type { FileFacts, Source } from './facts.ts';

/** Raised whenever the same text yields other facts, so that nobody is shown those of yesterday's rules. */
const factsVersion = 1;

const digestBytes = 32;
const headBytes = digestBytes + 4;

/** Names the facts of a file by all that they depend on. The path is part of it because whether a file is a test decides about some faults. */
export function factsKey({ path, language, text }: Source): string {
  return createHash('sha256').update(JSON.stringify([manifest.version, factsVersion, language, path])).update('\0').update(text).digest('hex');
}

/** Packs facts: digest, length of the JSON, JSON, hashes and lines of the tokens. */
export function encodeFacts({ tokens, ...rest }: FileFacts): Uint8Array {
  const json = Buffer.from(JSON.stringify(rest));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const content = Buffer.concat([length, json, bytesOf(tokens.hashes), bytesOf(tokens.lines)]);
  return Buffer.concat([digestOf(content), content]);
}

/** Facts that `encodeFacts` packed, or undefined for any other bytes. */
export function decodeFacts(bytes: Uint8Array): FileFacts | undefined {
  const packed = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (packed.length < headBytes || !digestOf(packed.subarray(digestBytes)).equals(packed.subarray(0, digestBytes))) return undefined;
  const start = headBytes + packed.readUInt32LE(digestBytes);
  const middle = start + (packed.length - start) / 2;
  const rest = JSON.parse(packed.toString('utf8', headBytes, start)) as Omit<FileFacts, 'tokens'>;
  return { ...rest, tokens: { hashes: numbersOf(packed.subarray(start, middle)), lines: numbersOf(packed.subarray(middle)) } };
}

function bytesOf(numbers: Uint32Array): Buffer {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

/** A copy: the bytes may begin where no 32-bit number may. */
function numbersOf(bytes: Buffer): Uint32Array {
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}

function digestOf(content: Uint8Array): Buffer {
  return createHash('sha256').update(content).digest();
}
