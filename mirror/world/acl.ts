// Who may do what in Redis, as lines of its ACL: the mirror writes the worlds, a tenant reads those of its own namespace, nobody else is let in.
import { createHash } from 'node:crypto';
import { prefixOf } from './keys.ts';

// Commands one by one: a category such as +@write holds FLUSHALL, and a later version of the server may add to it.
const greeting = ['auth', 'hello', 'ping', 'quit', 'client|setname', 'client|id', 'cluster|slots', 'cluster|shards'];
const reading = ['hget', 'hmget', 'hgetall', 'hlen', 'hexists', 'hstrlen', 'get', 'exists', 'ttl', 'pttl', 'type'];
const keeping = ['info', 'cluster|info', 'cluster|nodes', 'eval', 'evalsha', 'hset', 'set', 'del', 'unlink', 'persist', 'pexpire', 'pexpireat', 'scan'];

// What no key pattern holds back. Rules are read from left to right, so the refusals come last.
const never = ['-@dangerous', '-@admin', '-@blocking', '-@scripting', '-scan', '-randomkey', '-dbsize', '-swapdb'];

const allow = (names: readonly string[]): readonly string[] => names.map((name) => `+${name}`);

/** The rules of a tenant's user: it reads the worlds of its namespace, writes nothing and sees no other key. */
export function tenantRules(tenant: string, password: string): string {
  return [...secret(password), `%R~${prefixOf(tenant)}*`, ...allow([...greeting, ...reading]), ...never].join(' ');
}

/** The rules of the mirror's own user. */
export function mirrorRules(password: string): string {
  return [...secret(password), '~coditect:{*', ...allow([...greeting, ...reading, ...keeping])].join(' ');
}

/**
 * The rules of the user `default`: nobody can be it, but it keeps its rights. Redis 7.0 reads its own append-only file as this user:
 * without rights, what scripts had written is dropped at each restart (seen on 7.0.15; the next check then repairs all worlds).
 */
export const defaultRules = 'off resetpass ~* &* +@all';

/** The line of an ACL file, or the arguments of ACL SETUSER. */
export function aclLine(user: string, rules: string): string {
  return `user ${user} ${rules}`;
}

/** Everything that the user was before goes first; the password is kept as its hash. */
function secret(password: string): readonly string[] {
  return ['reset', '-@all', 'resetchannels', 'on', `#${createHash('sha256').update(password).digest('hex')}`];
}
