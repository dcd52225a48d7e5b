// The engine: instantiates the built component with the functions of its host, and nothing else of this process.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pageBytes, wasmLimits } from '../limits.ts';
import type { Claim, Done } from '../protocol.ts';
import type { HostFiles } from './host-files.ts';
import { type Instance, type Memory, webAssembly } from './webassembly.ts';

/** Everything that the engine may call. */
export interface Host extends HostFiles {
  readonly print: (channel: 'stdout' | 'stderr', text: string) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** The answer of one run: how it ended, and JSON text when it completed. */
export interface Answer {
  readonly done: Done;
  readonly value?: string;
}

/** A fresh engine. A trap spoils it: it is for one run. */
export interface Guest {
  run(claim: Pick<Claim, 'source' | 'input' | 'seed'>): Promise<Answer>;
  /** Leaves the engine no more than `bytes` of memory, what it has included. */
  limitMemory(bytes: number): void;
}

const outOfMemory = 'the code needed more memory than its limit';

type Ending = { readonly tag: 'completed'; readonly val: string } | { readonly tag: 'failed'; readonly val: { readonly message: string; readonly stack: string } } | { readonly tag: 'out-of-memory' };

interface Component {
  run(source: string, input: string, seed: number): Promise<Ending>;
}

interface Built {
  instantiate(core: (name: string) => object, imports: object, start: (module: object, imports: object) => Instance): Promise<Component>;
}

/** Loads the guest that was built into `folder`. */
export async function loadGuest(folder: string, host: Host): Promise<Guest> {
  const built = (await import(pathToFileURL(join(folder, 'guest.js')).href)) as Built;
  const memories: Memory[] = [];
  const core = (name: string) => new webAssembly.Module(readFileSync(join(folder, name)));
  const component = await built.instantiate(core, { 'coditect:sandbox/host': guarded(host) }, (module, imports) => {
    const instance = new webAssembly.Instance(module, imports);
    memories.push(...Object.values(instance.exports).filter((exported) => exported instanceof webAssembly.Memory));
    return instance;
  });
  const memory = memories.reduce((largest, one) => (one.buffer.byteLength > largest.buffer.byteLength ? one : largest));
  let taken = 0;
  return {
    run: async ({ source, input, seed }) => {
      try {
        return answerOf(await component.run(source, input, seed));
      } catch (error) {
        const left = wasmLimits.memoryBytes - memory.buffer.byteLength;
        return { done: trapped(error, left < (wasmLimits.memoryBytes - taken) / 2) };
      }
    },
    // The maximum was fixed when the engine was built: pages that the host takes are pages that the code cannot have.
    limitMemory: (bytes) => {
      const spare = Math.floor((wasmLimits.memoryBytes - Math.max(bytes, memory.buffer.byteLength)) / pageBytes);
      if (spare <= 0) return;
      memory.grow(spare);
      taken = spare * pageBytes;
    },
  };
}

/** The engine takes a refusal only as an object with a payload; anything else would be a trap. */
function guarded(host: Host): object {
  const refusing =
    <A extends readonly unknown[], R>(call: (...args: A) => R) =>
    (...args: A): R => {
      try {
        return call(...args);
      } catch (error) {
        throw Object.assign(new Error('refused'), { payload: error instanceof Error ? error.message : 'refused' });
      }
    };
  return { readFile: refusing(host.readFile), writeFile: refusing(host.writeFile), listFiles: refusing(host.listFiles), print: host.print, now: host.now };
}

function answerOf(ending: Ending): Answer {
  if (ending.tag === 'completed') return { done: { ending: 'completed' }, value: ending.val };
  if (ending.tag === 'failed') return { done: { ending: 'failed', ...ending.val } };
  return { done: { ending: 'outOfMemory', message: outOfMemory } };
}

/** The engine traps also when a text that passes its border finds no room, and does not say so: `isCramped` tells it from other traps. */
function trapped(error: unknown, isCramped: boolean): Done {
  const words = error instanceof Error ? error.message : String(error);
  if (words.includes('exited without resolution')) return { ending: 'failed', message: 'the code waits for a promise that nothing settles' };
  const message = `the engine stopped: ${words}`;
  return words.includes('unreachable') && isCramped ? { ending: 'outOfMemory', message: `${message}, with most of its memory in use` } : { ending: 'failed', message };
}
