// The process that holds the stores of a cluster: node devcluster/services/main.ts <file>. It ends them when it is told to end.
import { readJson } from '../files.ts';
import { type HoldFile, holdStores } from './hold.ts';

const [file] = process.argv.slice(2);
const wanted = file === undefined ? undefined : readJson<HoldFile>(file);
if (wanted === undefined) {
  process.stderr.write('usage: node devcluster/services/main.ts <file with what is wanted>\n');
  process.exit(2);
}
// Ends that come before everything runs wait for it: what is being started must be ended too.
const told = new Promise<void>((done) => void process.once('SIGTERM', () => done()));
const alive = setInterval(() => {}, 60_000);
const end = await holdStores(wanted);
await told;
await end();
clearInterval(alive);
