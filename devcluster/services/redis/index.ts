// Redis for tests and benches: found, started, hurt and stopped.
export { findRedis } from './find.ts';
export { type RedisServers, type RedisSetup, startRedis } from './server.ts';
