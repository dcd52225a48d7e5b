// Reads and rewrites core WebAssembly modules section by section: as much of the format as bounding their memory takes.
import { createHash } from 'node:crypto';

const headerBytes = 8;
const memorySection = 5;
const dataSection = 11;
const hasMaximum = 1;

interface Section {
  readonly id: number;
  /** The section with its header. */
  readonly whole: Uint8Array;
  readonly body: Uint8Array;
}

/** The module with every memory of its own bounded to `maxPages` of 64 KiB; memories that are bounded tighter stay so. */
export function capMemory(module: Uint8Array, maxPages: number): Uint8Array {
  const parts = sectionsOf(module).map(({ id, whole, body }) => (id === memorySection ? sectionOf(id, cappedMemories(body, maxPages)) : whole));
  return Buffer.concat([module.subarray(0, headerBytes), ...parts]);
}

/** SHA-256 of a module without its data: that is the engine's memory after it has read our code, with addresses and times in it that differ from build to build. */
export function codeDigest(module: Uint8Array): string {
  const hash = createHash('sha256').update(module.subarray(0, headerBytes));
  for (const { id, whole } of sectionsOf(module)) if (id !== dataSection) hash.update(whole);
  return hash.digest('hex');
}

function sectionsOf(module: Uint8Array): Section[] {
  const sections: Section[] = [];
  for (let at = headerBytes; at < module.length; ) {
    const [length, begin] = readNumber(module, at + 1);
    const end = begin + length;
    sections.push({ id: module[at] ?? 0, whole: module.subarray(at, end), body: module.subarray(begin, end) });
    at = end;
  }
  return sections;
}

function cappedMemories(body: Uint8Array, maxPages: number): number[] {
  const [count, begin] = readNumber(body, 0);
  const out = [...numberBytes(count)];
  let at = begin;
  for (let memory = 0; memory < count; memory += 1) {
    const flags = body[at] ?? 0;
    if (flags > hasMaximum) throw new Error(`bound a memory: flags ${flags} are not known here; nothing was written`);
    const [minimum, afterMinimum] = readNumber(body, at + 1);
    const [maximum, next] = flags === hasMaximum ? readNumber(body, afterMinimum) : [maxPages, afterMinimum];
    out.push(hasMaximum, ...numberBytes(minimum), ...numberBytes(Math.min(maximum, maxPages)));
    at = next;
  }
  return out;
}

function sectionOf(id: number, body: readonly number[]): Uint8Array {
  return Uint8Array.from([id, ...numberBytes(body.length), ...body]);
}

/** An unsigned LEB128 number and where the next thing begins. */
function readNumber(bytes: Uint8Array, begin: number): readonly [number, number] {
  let value = 0;
  for (let at = begin, scale = 1; ; at += 1, scale *= 128) {
    const byte = bytes[at];
    if (byte === undefined) throw new Error(`read a module: it ends inside of a number at byte ${begin}`);
    value += (byte & 127) * scale;
    if (byte < 128) return [value, at + 1];
  }
}

function numberBytes(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...numberBytes(Math.floor(value / 128))];
}
