// The whole list.
import type { EscapeProbes } from '#sandbox/escape/probe.ts';
import { fileProbes } from './files.ts';
import { kernelProbes } from './kernel.ts';
import { networkProbes } from './network.ts';
import { processProbes } from './processes.ts';
import { resourceProbes } from './resources.ts';

/** Everything that must not happen. */
export const escapeProbes: EscapeProbes = { ...fileProbes, ...processProbes, ...networkProbes, ...kernelProbes, ...resourceProbes };
