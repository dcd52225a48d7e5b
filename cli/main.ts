#!/usr/bin/env node
// kubectl-mission: the one place of the plugin that knows the process, its environment and its signals.
import { systemClock } from '#platform/clock.ts';
import { errorLine, exitCodes } from './failure.ts';
import { runProgram, type Host } from './program.ts';
import { processTerminal } from './terminal/terminal.ts';

const interrupt = new AbortController();
const terminal = processTerminal(process.stdout, process.stderr, process.env);

const host: Host = {
  session: (reach) => ({
    terminal,
    clock: systemClock,
    signal: interrupt.signal,
    reach,
    connect: async () => (await import('./access/kubeconfig.ts')).connect({ ...reach, env: process.env, clock: systemClock }),
    openOperator: async (cluster) => (await import('./access/operator.ts')).openOperator(cluster, systemClock),
    openBlobs: async (cluster) => (await import('./access/blobs.ts')).openBlobs(cluster, systemClock),
  }),
  demo: () => ({ terminal, clock: systemClock, signal: interrupt.signal, env: process.env }),
  write: (text) => terminal.write(text),
  complain: (text) => terminal.note(text.trimEnd()),
};

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt.abort());
// The reader of a pipe may have enough, as head does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? exitCodes.ok : exitCodes.trouble));

try {
  process.exitCode = await runProgram(process.argv.slice(2), host);
} catch (error) {
  process.stderr.write(`${errorLine(error)}\n`);
  process.exitCode = exitCodes.trouble;
}
