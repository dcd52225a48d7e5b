// The guard of the Redis servers of a test: when their starter ends without a word, they end too. Started by ../server.ts.
import { rmSync } from 'node:fs';
import { terminate } from '../../../processes.ts';
import { isStarterLost } from '../../guard.ts';
import { nodeRecords } from '../records.ts';

const [folder = ''] = process.argv.slice(2);
if ((await isStarterLost()) && folder !== '') {
  await Promise.all(nodeRecords(folder).map(({ process: server }) => terminate(server, 1000)));
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
