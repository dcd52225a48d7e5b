// Thoughts for a policy, which has to answer at once: a thread thinks meanwhile, and what was thought once is known.
import { createHash } from 'node:crypto';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { Known, Thought } from './think.ts';

/** What the thread is given: its end of the line, and what it rings when an answer lies there. */
export interface Bell {
  readonly port: MessagePort;
  readonly bell: Int32Array<SharedArrayBuffer>;
}

const longestMs = 120_000;
const thoughts = new Map<string, Thought | undefined>();
let line: Bell | undefined;

/** What think() says of it. */
export function thoughtAbout(known: Known): Thought | undefined {
  const key = createHash('sha256').update(JSON.stringify(known)).digest('hex');
  if (!thoughts.has(key)) thoughts.set(key, asked(known));
  return thoughts.get(key);
}

function asked(known: Known): Thought | undefined {
  line ??= open();
  Atomics.store(line.bell, 0, 0);
  line.port.postMessage(known);
  if (Atomics.wait(line.bell, 0, 0, longestMs) === 'timed-out') throw new Error(`think about ${known.sources.join(', ')}: no answer after ${longestMs} ms; look at think.ts`);
  return (receiveMessageOnPort(line.port) as { readonly message: Thought | undefined } | undefined)?.message;
}

function open(): Bell {
  const { port1, port2 } = new MessageChannel();
  const bell = new Int32Array(new SharedArrayBuffer(4));
  // It must not keep a process alive that has nothing else to do.
  new Worker(new URL('thought-worker.ts', import.meta.url), { workerData: { port: port2, bell } satisfies Bell, transferList: [port2] }).unref();
  port1.unref();
  return { port: port1, bell };
}
