// The process: `install` fetches the engine, `serve <settings file>` answers on loopback until it is told to end or its starter is gone.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { readFileSync } from 'node:fs';
import { openEngine } from './engine.ts';
import { installEngine } from './find.ts';
import { createHttpServer } from './server.ts';
import type { ServeFile } from './service.ts';

const [verb, file = ''] = process.argv.slice(2);
const say = (line: string): void => void process.stderr.write(`${line}\n`);

if (verb === 'install') {
  const { CODITECT_CACHE: cache = '' } = process.env;
  say(await installEngine({ cacheFolder: resolve(cache === '' ? join(homedir(), '.cache', 'coditect') : cache), say }));
} else if (verb === 'serve') {
  serve(JSON.parse(readFileSync(file, 'utf8')) as ServeFile);
} else {
  say('usage: node devcluster/services/clickhouse/main.ts install | serve <settings file>');
  process.exitCode = 2;
}

function serve({ engineFolder, dataFolder, port, ...settings }: ServeFile): void {
  const engine = openEngine(engineFolder, dataFolder);
  const server = createHttpServer(engine, settings);
  const end = (): void => {
    server.close(() => void engine.close().finally(() => process.exit(0)));
    server.closeIdleConnections();
  };
  process.once('SIGTERM', end).once('SIGINT', end);
  // Whoever started this holds the other end of the pipe for as long as it lives.
  process.stdin.on('end', () => process.exit(0)).on('error', () => process.exit(0)).resume();
  server.listen(port, '127.0.0.1', () => process.stdout.write('ready\n'));
}
