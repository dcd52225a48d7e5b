// Thinks in a thread of its own: imagined runs leave promises that nobody waits for, and this is the only place where that is no fault.
import { workerData } from 'node:worker_threads';
import { type Known, think } from './think.ts';
import type { Bell } from './thought.ts';

const { port, bell } = workerData as Bell;

process.on('unhandledRejection', () => {});
port.on('message', (known: Known) => {
  port.postMessage(think(known));
  Atomics.store(bell, 0, 1);
  Atomics.notify(bell, 0);
});
