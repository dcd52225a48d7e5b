// Everything that listens: on this host, beyond it, and sockets that are no network at all.
import type { EscapeProbe, EscapeProbes } from '#sandbox/escape/probe.ts';

const traced = (...tries: readonly string[]): EscapeProbe => ({ tries, free: true });
const word = (...tries: readonly string[]): EscapeProbe => ({ tries, byWord: true });

const inNode = (source: string): EscapeProbe => ({ program: 'node', tries: ['-e', source, '$PORT'], free: true });

export const networkProbes: EscapeProbes = {
  'a TCP server of the host is reached': traced('tcp', '127.0.0.1', '$PORT'),
  'a TCP server of the host is reached by IPv6': { tries: ['tcp6', '$PORT'] },
  'a UDP server of the host is reached': traced('udp', '127.0.0.1', '$UDP'),
  'a unix socket is reached by its path': traced('unix-path', '$SOCKET'),
  'a unix socket is reached by its abstract name': traced('unix-abstract', '$ABSTRACT'),
  'the metadata service of a cloud is addressed': word('tcp', '169.254.169.254', '80', 'now'),
  'a datagram leaves the host': word('udp', '192.0.2.1', '53'),
  'a server is opened': { ...word('serve-tcp'), free: true },
  'a TCP server is reached by Node': inNode('require("node:net").connect(process.argv[1], "127.0.0.1").on("connect", () => process.exit(0)).on("error", () => process.exit(1))'),
  'a TCP server is reached by fetch': inNode('fetch("http://127.0.0.1:" + process.argv[1], { signal: AbortSignal.timeout(500) }).catch(() => process.exit(1))'),
  'a name is resolved over the network': { program: 'node', tries: ['-e', 'const dns = require("node:dns"); dns.setServers(["127.0.0.1:" + process.argv[1]]); new dns.Resolver({ timeout: 200, tries: 1 }).resolve4("secret.example", () => {}); dns.resolve4("secret.example", () => process.exit(1)); setTimeout(() => process.exit(1), 300)', '$UDP'], free: true },
  'a pair of inet sockets is made': word('inet-pair'),
  'the addresses of the host are asked for': { ...word('netlink'), free: true },
  'events of devices are heard': { ...word('netlink-events'), free: true },
  'raw packets are sent': word('raw-socket'),
  'packets of others are heard': word('packet-socket'),
  'the machine below is reached': word('vsock'),
  'the crypto service of the kernel is reached': word('crypto-socket'),
};
