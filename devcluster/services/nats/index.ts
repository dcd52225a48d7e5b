// The door of the NATS servers for tests, benches and demos: one node or three on loopback, with ports and a folder of their own.
export { type NatsAccount, type NatsOptions, type NatsServers, type NatsUser, startNats } from './servers.ts';
export { ensureNats } from './build.ts';
