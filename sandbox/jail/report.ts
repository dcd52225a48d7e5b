// Reads what the jail says on its own descriptor. The guest cannot write there; a jail that was tampered with before it started could, so it is read with bounds.
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import type { JailReport } from './launcher.ts';

const maxBytes = 4096;
const reasons: readonly string[] = ['exit', 'wall', 'cpu', 'memory', 'tasks', 'stopped'] satisfies JailReport['why'][];

/** What a jail said of a run. */
export type JailWords = { readonly kind: 'report'; readonly report: JailReport } | { readonly kind: 'error'; readonly message: string } | { readonly kind: 'nothing' };

/** All text of `stream`, cut after 4096 bytes; resolves when it has ended. */
export async function readBounded(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let room = maxBytes;
  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk.subarray(0, room));
    room = Math.max(0, room - chunk.length);
  });
  await new Promise<void>((resolve) => stream.once('close', () => resolve()).on('error', () => resolve()));
  return Buffer.concat(chunks).toString('utf8');
}

/** The meaning of a jail's lines: an error of any of them counts more than a report. */
export function parseWords(text: string): JailWords {
  const lines = text.split('\n').filter((line) => line !== '').map(parseLine);
  return lines.find(({ kind }) => kind === 'error') ?? lines.find(({ kind }) => kind === 'report') ?? { kind: 'nothing' };
}

function parseLine(line: string): JailWords {
  const fields = objectOf(line);
  if (typeof fields['error'] === 'string') return { kind: 'error', message: fields['error'] };
  const { why, exitCode, signal } = fields;
  const numbers = { cpuMs: fields['cpuMs'], peakMemoryBytes: fields['peakMemoryBytes'], peakProcesses: fields['peakProcesses'], reaped: fields['reaped'] };
  if (!isReason(why) || !areCounts(numbers)) return { kind: 'nothing' };
  const signalled = typeof signal === 'number' ? nameOf(signal) : undefined;
  return { kind: 'report', report: { why, ...(typeof exitCode === 'number' ? { exitCode } : {}), ...(signalled === undefined ? {} : { signal: signalled }), ...numbers } };
}

/** The JSON object that `text` is, or an empty one. */
export function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function isReason(value: unknown): value is JailReport['why'] {
  return typeof value === 'string' && reasons.includes(value);
}

function areCounts<K extends string>(fields: Readonly<Record<K, unknown>>): fields is Readonly<Record<K, number>> {
  return Object.values(fields).every((value) => Number.isSafeInteger(value) && Number(value) >= 0);
}

function nameOf(signal: number): string {
  return Object.entries(constants.signals).find(([, number]) => number === signal)?.[0] ?? `signal ${signal}`;
}
