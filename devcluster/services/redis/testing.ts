// A real Redis for tests, where one can be had; said once where not.
import { randomUUID } from 'node:crypto';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRedis, type RedisServers, type RedisSetup, startRedis } from './index.ts';

const found = await findRedis({ cacheFolder: process.env['CODITECT_CACHE'] ?? join(homedir(), '.cache', 'coditect'), path: process.env['PATH'] ?? '' });

/** Why tests on a real server are left out; undefined when there is one. */
export const redisIsAbsent = found.kind === 'absent' ? found.reason : undefined;
if (redisIsAbsent !== undefined) process.stderr.write(`tests on a real Redis are left out: ${redisIsAbsent}\n`);

/** Servers of a test, in a folder of their own. */
export function startTestRedis(setup: Omit<RedisSetup, 'program' | 'folder'>): Promise<RedisServers> {
  if (found.kind === 'absent') throw new Error(found.reason);
  return startRedis({ ...setup, program: found.program, folder: join(tmpdir(), `coditect-redis-${randomUUID()}`) });
}
