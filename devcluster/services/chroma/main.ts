// The process: `install` fetches Chroma into the cache.
import { settingsFrom } from '../../settings.ts';
import { installChroma } from './find.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

if (process.argv[2] === 'install') {
  const found = await installChroma({ ...settingsFrom(process.env), say });
  say(found.kind === 'found' ? found.file : found.reason);
  process.exitCode = found.kind === 'found' ? 0 : 1;
} else {
  say('usage: node devcluster/services/chroma/main.ts install');
  process.exitCode = 2;
}
