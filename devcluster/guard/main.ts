// The guard of one cluster: when its starter ends without a word, the cluster ends too. Started by ../folder.ts.
import { text } from 'node:stream/consumers';
import { holdsIncarnation, removeCluster } from '../folder.ts';

const [folder = '', incarnation = ''] = process.argv.slice(2);
const lastWord = await text(process.stdin);
if (!lastWord.startsWith('dismissed') && holdsIncarnation(folder, incarnation)) await removeCluster(folder);
