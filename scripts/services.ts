// Starts the stores of the mirror on this machine, says what runs where, and ends them with Ctrl-C: node scripts/services.ts [folder]
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { readJson, writeJson } from '#devcluster/files.ts';
import { identify, isAlive, type ProcessIdentity } from '#devcluster/processes.ts';
import { environmentOf, localServices, type RunningService, type ServiceKind, serviceKinds, type Started } from '#devcluster/services/index.ts';
import { settingsFrom } from '#devcluster/settings.ts';
import { mirrorRules } from '#mirror/world/acl.ts';

const root = resolve(import.meta.dirname, '..');
const folder = resolve(process.argv[2] ?? join(root, '.coditect', 'services'));
const holder = `${folder}.pid`;
const environmentFile = join(folder, 'env');
const say = (line = ''): void => void process.stdout.write(`${line}\n`);

const other = readJson<ProcessIdentity>(holder);
if (other !== undefined && isAlive(other)) {
  say(`services of this checkout run already, started by process ${other.pid}: source ${relative(root, environmentFile)} to reach them, or end it first`);
  process.exitCode = 1;
} else {
  await serve();
}

async function serve(): Promise<void> {
  const ended = new Promise<void>((done) => void process.once('SIGINT', () => done()).once('SIGTERM', () => done()));
  // Services are processes of their own, and a wait for a signal keeps no process alive.
  const alive = setInterval(() => {}, 60_000);
  prepareFolder();
  const all = await Promise.all(serviceKinds.map(async (kind) => [kind, await startOne(kind)] as const));
  const running = all.flatMap(([, started]) => (started.kind === 'running' ? [started.service] : []));
  writeEnvironment(running);
  for (const line of tableOf(all)) say(line);
  say(running.length === 0 ? '\nnothing was started' : `\nCertificates, users and passwords lie in ${relative(root, folder)}/<store>. In another shell:  . ${relative(root, environmentFile)}\nCtrl-C ends all of it and removes its data.`);
  if (running.length > 0) await ended;
  await Promise.all(running.map((service) => service.stop()));
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  rmSync(holder, { force: true });
  clearInterval(alive);
  say(`services stopped: ${running.length}; nothing is left running`);
}

function prepareFolder(): void {
  if (existsSync(folder)) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o700);
  writeJson(holder, identify(process.pid));
}

function startOne(kind: ServiceKind): Promise<Started> {
  const provider = localServices({ ...settingsFrom(process.env), progress: say });
  // One store that fails is no reason to have none.
  return provider.start(kind, { folder: join(folder, kind), nodes: 3, redisRules: mirrorRules }).catch((error: unknown): Started => ({ kind: 'absent', reason: error instanceof Error ? error.message : String(error) }));
}

function writeEnvironment(running: readonly RunningService[]): void {
  const lines = Object.entries(environmentOf(running)).map(([name, value]) => `export ${name}='${value.replaceAll("'", String.raw`'\''`)}'`);
  writeFileSync(environmentFile, `# Settings of a mirror that uses the services that run now. Made by make services.\n${lines.join('\n')}\n`, { mode: 0o600 });
}

function tableOf(all: readonly (readonly [ServiceKind, Started])[]): readonly string[] {
  return all.map(([kind, started]) => `${kind.padEnd(11)} ${started.kind === 'running' ? `${started.service.servers.join(' ')}  (needs ${Object.keys(started.service.files).join(', ')})` : `NOT STARTED: ${started.reason}`}`);
}
