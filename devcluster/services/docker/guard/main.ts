// The guard of one Docker engine: when its starter ends without a word, the engine ends too, and leaves nothing. Started by ../engine.ts.
import { isStarterLost } from '../../guard.ts';
import { removeEngine } from '../remains.ts';

const [folder = ''] = process.argv.slice(2);
if ((await isStarterLost()) && folder !== '') await removeEngine(folder);
