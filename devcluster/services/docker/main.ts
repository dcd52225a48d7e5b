// A Docker engine for this machine: `install` puts the programs of Debian here, `start` runs one until Ctrl-C and says how to use it.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settingsFrom } from '../../settings.ts';
import { findDocker, installDocker, startDocker } from './index.ts';

const [command] = process.argv.slice(2);
const path = settingsFrom(process.env).programPath;
const say = (text: string): void => void process.stderr.write(`${text}\n`);

if (command === 'install') console.log((await installDocker({ path, say })).dockerd);
else if (command === 'start') await serve();
else {
  say('usage: node devcluster/services/docker/main.ts install|start');
  process.exitCode = 2;
}

async function serve(): Promise<void> {
  const found = findDocker({ path });
  if (found.kind === 'absent') {
    say(found.reason);
    process.exitCode = 1;
    return;
  }
  const ended = new Promise<void>((done) => void process.once('SIGINT', () => done()).once('SIGTERM', () => done()));
  // The engine is a process of its own, and a wait for a signal keeps no process alive.
  const alive = setInterval(() => {}, 60_000);
  const engine = await startDocker({ programs: found.programs, folder: mkdtempSync(join(tmpdir(), 'docker-')) });
  console.log(`export DOCKER_HOST=${engine.host}`);
  say('a Docker engine runs; Ctrl-C ends it and removes its images and containers');
  await ended;
  await engine.stop();
  clearInterval(alive);
}
