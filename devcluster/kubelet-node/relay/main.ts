// Lets pods reach the API server, which listens on loopback alone: passes connections on, still sealed. Arguments: address and port to listen on, port of the API server.
import { connect, createServer, type Socket } from 'node:net';

const usage = 'usage: node devcluster/kubelet-node/relay/main.ts <address> <port> <port of the API server>\n';
const [address, port, target] = process.argv.slice(2);
if (address === undefined || port === undefined || target === undefined) {
  process[address === '--help' ? 'stdout' : 'stderr'].write(usage);
  process.exit(address === '--help' ? 0 : 2);
}

/** The end of one side is told to the other; a cut is a cut on both sides. */
function join(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on('error', () => to.resetAndDestroy());
}

const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  const upstream = connect({ host: '127.0.0.1', port: Number(target), allowHalfOpen: true, noDelay: true });
  join(client, upstream);
  join(upstream, client);
});
server.listen(Number(port), address);
