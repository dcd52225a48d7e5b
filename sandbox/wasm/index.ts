// The WebAssembly back end: JavaScript on an engine of its own, in a child that is started before it is needed, jailed, used once and killed.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import { newUuid, type Random } from '#platform/ids.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { copyTree } from '#sandbox/copy-tree.ts';
import type { Jail } from '#sandbox/jail/launcher.ts';
import { OpenFolders } from '#sandbox/open-folders.ts';
import type { BoundaryReport, CopyIn, Prepared, Sandbox } from '#sandbox/port.ts';
import { removeTree } from '#sandbox/remove-tree.ts';
import { startChild } from './child.ts';
import { childOrder } from './order.ts';
import { type Parts, ownParts } from './parts.ts';
import { Pool } from './pool.ts';
import { createPrepared, type Place } from './prepared.ts';

export interface WasmSandboxOptions {
  /** Folder of its own, made when needed. */
  readonly workFolder: string;
  readonly jail: Jail;
  /** Children that wait for a run, about 60 MB each; 0 starts each one when it is needed, which takes some 100 ms. */
  readonly warm: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly parts?: Parts;
}

/** The back end, and what it has ready. */
export interface WasmSandbox extends Sandbox {
  /** Children that wait for a run. */
  waiting(): number;
}

/** Runs code actions. A child's folder is made at its birth, so that its jail can name it: a copy goes straight there. */
export function createWasmSandbox({ workFolder, jail, warm, clock, random, log, parts = ownParts() }: WasmSandboxOptions): WasmSandbox {
  const boundary = boundaryOf(jail.report);
  const start = (): Place => {
    const root = join(workFolder, newUuid());
    const folder = join(root, 'files');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return { root, folder, ...startChild(jail, childOrder(folder, parts)) };
  };
  const discard = async (place: Place) => {
    place.stop();
    await place.ended;
    await removeTree(place.root);
  };
  const pool = new Pool({ size: warm, start, discard, clock, log });
  const deps = { clock, random, boundary: boundary.boundary, restart: ({ folder }: Place) => startChild(jail, childOrder(folder, parts)) };

  const prepare = async (copyIn: CopyIn | undefined): Promise<Prepared> => {
    const place = pool.claim();
    try {
      if (copyIn !== undefined) await copyTree(copyIn, place.folder);
    } catch (error) {
      await discard(place).catch((problem: unknown) => log.warn('a half-copied sandbox was left behind', { root: place.root, error: messageOf(problem) }));
      throw error;
    }
    return createPrepared(place, deps);
  };
  const open = new OpenFolders();
  return {
    name: 'wasm',
    waiting: () => pool.ready,
    probe: () => Promise.resolve(boundary),
    prepare: (copyIn) => open.add(() => prepare(copyIn)),
    shutdown: async () => {
      await Promise.all([open.close(), pool.close()]);
    },
  };
}

/** The engine is a wall of its own, and the jail a second one. */
function boundaryOf({ boundary, reasons }: BoundaryReport): BoundaryReport {
  const always = 'CPU time of code is bounded by its wall time alone: it has one thread';
  if (boundary !== 'none') return { boundary, reasons: [...reasons, always] };
  return { boundary: 'partial', reasons: ['only the WebAssembly engine separates code from the agent: there is no jail behind it', ...reasons, always] };
}
