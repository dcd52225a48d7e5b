// Process of the archive: one command, and an end. Only here adapters are made and the environment is read.
import { ArchiveConfig } from '#api/config/archive.ts';
import { systemClock } from '#platform/clock.ts';
import { isKind, messageOf, PlatformError } from '#platform/errors.ts';
import { systemRandom } from '#platform/ids.ts';
import { startProcess } from '#platform/process.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { commands } from './program.ts';
import { openPlace } from './wiring.ts';
import { logDoors } from './wiring-program.ts';

const usage = `Usage: archive COMMAND [settings]\n\n${Object.entries(commands).map(([name, { what }]) => `  ${name.padEnd(9)}${what}`).join('\n')}\n\nExit codes: 0 done, 1 something was missing or failed, 2 it was not asked rightly.\n\n`;

const [name = '', ...argv] = process.argv.slice(2);
const isHelp = name === '--help' || name === '-h';
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (isHelp) process.stdout.write(usage);
if (command !== undefined || isHelp) await startProcess({ name: 'coditect-archive', settings: ArchiveConfig, argv: isHelp ? [name] : argv, env: process.env, run: carryOut });
else {
  process.stderr.write(`there is no command "${name}"\n\n${usage}`);
  process.exitCode = 2;
}

async function carryOut(config: ArchiveConfig, log: Log): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => stop.abort());
  // A run waits for the network now and then, with nothing else that keeps the process alive.
  const alive = setInterval(() => {}, 60_000);
  const doors = logDoors(config, { clock: systemClock, random: systemRandom, log });
  try {
    const place = openPlace(config, systemClock);
    if (place === undefined) throw new PlatformError('ArchiveUsage', 'there is no bucket; set CODITECT_S3_BUCKET');
    process.exitCode = await command?.run({ config, place, ...doors, clock: systemClock, log, print: (line) => void process.stdout.write(`${line}\n`), progress: isWatched() ? showProgress : () => {} }, stop.signal);
    place.store.close();
  } catch (error) {
    log.error('the archive stops here', { command: name, error: messageOf(error) });
    process.exitCode = isKind(error, 'ArchiveUsage') ? 2 : 1;
  } finally {
    if (isWatched()) process.stderr.write('\n');
    clearInterval(alive);
    await doors.close();
  }
}

function isWatched(): boolean {
  return process.stderr.isTTY;
}

function showProgress(line: string): void {
  process.stderr.write(`\r\u001b[K${line}`);
}
