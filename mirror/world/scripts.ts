// What runs inside Redis, in one step each. Orders are digits only, and compare as text in every locale.
import { scriptOf } from '#platform/redis/types.ts';

const order = `
local function order(text) return string.match(text, '^%d+') or '' end`;

/**
 * Writes entities that are newer than what is there. KEYS: world, live. ARGV: when the world ends (epoch ms, 0 never), how long what agents told stays (ms),
 * 1 to begin from nothing, number of entities of the world, then fields and texts, those of the world first. Gives how many were written.
 */
export const writeScript = scriptOf(`${order}
local written = 0
local function put(key, first, last)
  for i = first, last, 2 do
    local old = redis.call('HGET', key, ARGV[i])
    if not old or order(old) < order(ARGV[i + 1]) then
      redis.call('HSET', key, ARGV[i], ARGV[i + 1])
      written = written + 1
    end
  end
end
if ARGV[3] == '1' then redis.call('DEL', KEYS[1], KEYS[2]) end
local split = 5 + 2 * tonumber(ARGV[4])
put(KEYS[1], 5, split - 1)
if #ARGV >= split then
  put(KEYS[2], split, #ARGV)
  redis.call('PEXPIRE', KEYS[2], ARGV[2])
end
if ARGV[1] == '0' then redis.call('PERSIST', KEYS[1]) else redis.call('PEXPIREAT', KEYS[1], ARGV[1]) end
return written`);

/** Digest of the entities of a world that are not gone; empty when there is none. KEYS: world. */
export const digestScript = scriptOf(`
local all = redis.call('HGETALL', KEYS[1])
local digests = {}
for i = 1, #all, 2 do
  if not string.find(all[i + 1], '^%d+ %d* $') then digests[#digests + 1] = redis.sha1hex(all[i] .. '=' .. all[i + 1]) end
end
table.sort(digests)
return #all == 0 and '' or redis.sha1hex(table.concat(digests))`);

/** Takes a lock, or takes it again for the same token. KEYS: lock, fence. ARGV: token, holder, ms, ms that the fence stays. Gives who has it, as \`<token> <holder>\`, or \`stale <token>\`. */
export const takeScript = scriptOf(`
local mine = ARGV[1] .. ' ' .. ARGV[2]
local fence = redis.call('GET', KEYS[2])
if redis.call('GET', KEYS[1]) == mine then redis.call('PEXPIRE', KEYS[1], ARGV[3]) return mine end
if fence and fence >= ARGV[1] then
  local held = redis.call('GET', KEYS[1])
  return held or ('stale ' .. fence)
end
if redis.call('SET', KEYS[1], mine, 'NX', 'PX', ARGV[3]) then
  redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[4])
  return mine
end
return redis.call('GET', KEYS[1])`);

/** Keeps a lock that is still held. KEYS: lock. ARGV: token, holder, ms. Gives 1, or 0 when it is somebody else's or nobody's. */
export const extendScript = scriptOf(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] .. ' ' .. ARGV[2] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[3])`);

/** Gives a lock back, if it is still held. KEYS: lock. ARGV: token, holder. */
export const releaseScript = scriptOf(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] .. ' ' .. ARGV[2] then return 0 end
return redis.call('DEL', KEYS[1])`);
