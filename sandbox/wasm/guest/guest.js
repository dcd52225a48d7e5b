// The code inside the engine: makes an async function of the action's source and answers in text alone. What that source does to its globals ends with this instance.
import { listFiles, now, print, readFile, writeFile } from 'coditect:sandbox/host@1.0.0';

const { parse, stringify } = JSON;
const AsyncFunction = (async () => {}).constructor;
const EngineError = InternalError;
const EngineDate = Date;
const maxWords = 2000;
// The engine puts two lines before the source.
const linesBefore = 2;

// The engine's own clock is a stub that traps.
globalThis.Date = new Proxy(EngineDate, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new EngineDate(now()).toString(),
  get: (target, key) => (key === 'now' ? () => now() : target[key]),
});
EngineDate.prototype.constructor = globalThis.Date;
globalThis.performance = Object.freeze({ now: () => now() });

const line = (channel) => (...values) => print(channel, `${values.map(text).join(' ')}\n`);
globalThis.console = Object.freeze({ log: line('stdout'), info: line('stdout'), debug: line('stdout'), warn: line('stderr'), error: line('stderr') });

const files = [(path) => told(readFile, String(path)), (path, content) => told(writeFile, String(path), String(content)), (folder = '.') => told(listFiles, String(folder))];

export async function run(source, input, seed) {
  Math.random = randomFrom(seed);
  try {
    const code = new AsyncFunction('input', 'readFile', 'writeFile', 'listFiles', `"use strict";${source}\n`);
    const value = await code(parse(input), ...files);
    return { tag: 'completed', val: stringify(value) ?? 'null' };
  } catch (error) {
    return endingOf(error);
  }
}

/** Calls the host, whose refusals become plain errors. */
function told(call, ...args) {
  try {
    return call(...args);
  } catch (error) {
    throw new Error(String(error.payload ?? error));
  }
}

function endingOf(error) {
  try {
    if (error instanceof EngineError && error.message === 'out of memory') return { tag: 'out-of-memory' };
    if (!(error instanceof Error)) return failed(`threw ${text(error)}`, '');
    return failed(`${error.name}: ${error.message}`, placesIn(String(error.stack)));
  } catch {
    return failed('threw something that cannot be told', '');
  }
}

/** The lines of a stack that are about the source, counted as its author does. */
function placesIn(stack) {
  const own = stack.split('\n').filter((row) => row.includes('<input>'));
  return own.map((row) => `${row.replace(/<input>:(\d+)/, (_, number) => `code:${number - linesBefore}`)}\n`).join('');
}

function failed(message, stack) {
  return { tag: 'failed', val: { message: message.slice(0, maxWords), stack: stack.slice(0, maxWords) } };
}

function text(value) {
  try {
    return typeof value === 'string' ? value : (stringify(value) ?? String(value));
  } catch {
    return String(value);
  }
}

/** Mulberry32: the engine's own generator repeats itself in every instance. */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
