// A git door as a process of its own, so that it lives as long as its cluster. Arguments: repository, file that gets the address of the door, address of this machine to listen on.
import { writeJson } from '../files.ts';
import { startGitDoor } from './server.ts';

const usage = 'usage: node devcluster/git-door/main.ts <repository> <address file> <listen address>\n';
const [repository, addressFile, listenAddress] = process.argv.slice(2);
if (repository === '--help') {
  process.stdout.write(usage);
  process.exit(0);
}
if (repository === undefined || addressFile === undefined || listenAddress === undefined) {
  process.stderr.write(usage);
  process.exit(2);
}
const door = await startGitDoor(repository, listenAddress);
writeJson(addressFile, { url: door.url });
process.once('SIGTERM', () => process.exit(0));
