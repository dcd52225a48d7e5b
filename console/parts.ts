// What routes are made of, and what they find with each request.
import type { Hono } from 'hono';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Others } from './ask/ports.ts';
import type { Assets } from './assets.ts';
import type { World } from './caches.ts';
import type { Caller, Gate } from './gate.ts';
import type { Seats } from './streams.ts';

export interface AppOptions {
  readonly world: World;
  readonly gate: Gate;
  readonly others: Others;
  readonly assets: Assets;
  readonly seats: Seats;
  readonly clock: Clock;
  readonly log: Log;
  readonly onAnswer: (status: number) => void;
}

/** What handlers find in their context. */
export interface Variables {
  readonly Variables: { caller: Caller };
}
export type App = Hono<Variables>;
