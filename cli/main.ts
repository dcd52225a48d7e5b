#!/usr/bin/env node
// kubectl-mission: the one place of the plugin that knows the process, its environment and its signals.
import { systemClock } from '#platform/clock.ts';
import { openSession } from './commands/open.ts';
import { errorLine, exitCodes } from './failure.ts';
import { runProgram } from './program.ts';
import { processKeys } from './terminal/keys.ts';
import { processTerminal } from './terminal/terminal.ts';

const interrupt = new AbortController();
const terminal = processTerminal(process.stdout, process.stderr, process.env);
const keys = processKeys(process.stdin);
const surroundings = { terminal, clock: systemClock, signal: interrupt.signal, env: process.env, ...(keys === undefined ? {} : { keys }) };

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt.abort());
// The reader of a pipe may have enough, as head does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? exitCodes.ok : exitCodes.trouble));

try {
  process.exitCode = await runProgram(process.argv.slice(2), {
    session: (reach) => openSession(surroundings, reach),
    surroundings,
    write: (text) => terminal.write(text),
    complain: (text) => terminal.note(text.trimEnd()),
  });
} catch (error) {
  terminal.note(errorLine(error));
  process.exitCode = exitCodes.trouble;
}
