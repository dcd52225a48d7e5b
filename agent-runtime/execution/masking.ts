// The last thing that happens to texts of an attempt before anybody outside reads them: secrets are taken out of logs, results and artifacts.
// Files, and with them commits, stay as they are: whoever may read a commit may read the repository that the secret came from.
import type { ThoughtEvent } from '#api/events/thought.ts';
import type { Json, JsonObject } from '#api/v1alpha1/json.ts';
import type { Produced } from '#agent-runtime/roles/action.ts';
import { maskSecrets, maxKeyLength, openKeyAt, secretMask } from '#agent-runtime/roles/analyzer/secrets/mask-secrets.ts';
import { namedSecrets } from '#agent-runtime/roles/analyzer/secrets/passwords.ts';
import type { RunResult } from '#sandbox/port.ts';
import type { Live } from './live.ts';
import type { AttemptResult } from './result.ts';

/** What of an attempt is told while it runs, without secrets. Bytes pass as they are: whoever has some masks them first, as a stream. */
export function maskedLive(live: Live): Live {
  const { log } = live;
  return {
    ...live,
    log: { ...log, write: (text) => log.write(typeof text === 'string' ? maskSecrets(text) : text) },
    progress: (percent, message) => live.progress(percent, maskSecrets(message)),
  };
}

/** A result without secrets; digests, trees and addresses of artifacts are ours and stay. */
export function maskedResult(result: AttemptResult): AttemptResult {
  const { message, observed, claimed, action, violations } = result;
  return {
    ...result,
    message: maskSecrets(message),
    observed: maskedJson(observed),
    claimed: maskedJson(claimed),
    ...(action === undefined ? {} : { action: maskedJson<typeof action>(action) }),
    ...(violations === undefined ? {} : { violations: maskedJson<typeof violations>(violations) }),
  };
}

/** An event without secrets: paths are told, and a file may be named for what it holds. */
export function maskedThought<T extends ThoughtEvent>(event: T): T {
  return maskedJson(event);
}

/** What a run printed, without secrets: whoever makes a short text of it may tear one, and nobody knows a part of a secret. */
export function maskedRun(run: RunResult): RunResult {
  const { stdout, stderr, message } = run;
  return { ...run, stdout: maskSecrets(stdout), stderr: maskSecrets(stderr), ...(message === undefined ? {} : { message: maskSecrets(message) }) };
}

/** An artifact without secrets where it is a text; the same bytes when it has none. */
export function maskedArtifact(artifact: Produced): Produced {
  const { mediaType, bytes } = artifact;
  if (/^application\/(?:[\w.-]+\+)?json$/.test(mediaType)) return { ...artifact, bytes: maskedDocument(bytes) };
  return mediaType.startsWith('text/') ? { ...artifact, bytes: maskedBytes(bytes) } : artifact;
}

/** Each byte as one character: what is no secret stays the same byte, whatever its encoding. */
function maskedBytes(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  const masked = maskSecrets(text);
  return masked === text ? bytes : Buffer.from(masked, 'latin1');
}

/** A JSON document stays one: its strings are masked, not its text. */
function maskedDocument(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString();
  try {
    const value = JSON.parse(text) as Json;
    const masked = maskedJson(value);
    const indent = /^[[{]\n( +)/.exec(text)?.[1] ?? '';
    return JSON.stringify(masked) === JSON.stringify(value) ? bytes : Buffer.from(`${JSON.stringify(masked, undefined, indent)}\n`);
  } catch {
    return maskedBytes(bytes);
  }
}

/** A value whose strings have no secrets, nor what stands under the name of one. */
function maskedJson<T = JsonObject>(value: T): T;
function maskedJson(value: unknown): unknown {
  if (typeof value === 'string') return maskSecrets(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => maskedJson(item as unknown));
  return Object.fromEntries(Object.entries(value).map(([name, field]: [string, unknown]) => [maskSecrets(name), isNamedSecret(name, field) ? secretMask : maskedJson(field)]));
}

function isNamedSecret(name: string, value: unknown): boolean {
  return typeof value === 'string' && !namedSecrets(JSON.stringify({ [name]: value })).next().done;
}

/** Takes a stream piece by piece. */
export interface MaskingStream {
  write(chunk: Uint8Array): void;
  /** Hands on what was held back. */
  end(): void;
}

/** Longest line that is held back until it ends. */
const maxLine = 16_384;

/** Hands a stream on without secrets, line by line, so that none is torn by the border of a chunk. */
export function maskingStream(write: (bytes: Uint8Array) => void): MaskingStream {
  let held = '';
  const handOn = (length: number): void => {
    if (length > 0) write(Buffer.from(maskSecrets(held.slice(0, length)), 'latin1'));
    held = held.slice(length);
  };
  return {
    write: (chunk) => {
      held += Buffer.from(chunk).toString('latin1');
      handOn(readyLength(held));
    },
    end: () => handOn(held.length),
  };
}

/** How much of what is held back may be handed on: whole lines, and no key without its end. */
function readyLength(held: string): number {
  const lines = held.lastIndexOf('\n') + 1;
  if (held.length - lines > maxLine) return Math.max(lines, lastBlank(held) + 1) || held.length;
  return held.length > maxKeyLength + maxLine ? lines : (openKeyAt(held.slice(0, lines)) ?? lines);
}

function lastBlank(text: string): number {
  return Math.max(...[' ', '\t', '\r'].map((blank) => text.lastIndexOf(blank)));
}
