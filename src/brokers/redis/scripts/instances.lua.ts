/**
 * Scripts for announced processes. Every announcement sweeps away those whose lease is over, and both keys expire with
 * the last lease: so nothing is left of processes that died, also when no other one ever announces itself.
 *
 * @module
 */

import { defineScript } from "./script.ts";
import { ANSWERS } from "./words.lua.ts";

/** KEYS: texts, leases. Scores are ms since 1970: exact as numbers, which hold whole ones up to 2^53. */
const INSTANCES = `
local TEXTS, LEASES = KEYS[1], KEYS[2]
checkType(1, 'hash')
checkType(2, 'zset')
local now = nowMs()
`;

/**
 * ARGV: name, text, lease in ms. Memory that is full does not stop it: that is when one wants to see what runs, and it
 * takes little that it did not take before.
 */
export const ANNOUNCE = defineScript("relieves", [
  ANSWERS,
  INSTANCES,
  `
local dead = redis.call('ZRANGEBYSCORE', LEASES, '-inf', now, 'LIMIT', 0, 1000)
if #dead > 0 then
  redis.call('HDEL', TEXTS, unpack(dead))
  redis.call('ZREM', LEASES, unpack(dead))
end
redis.call('HSET', TEXTS, ARGV[1], now .. ' ' .. ARGV[2])
redis.call('ZADD', LEASES, string.format('%.0f', now + ARGV[3]), ARGV[1])
-- A foreign hand may have left a score that is no time of ours: no key of ours outlives a day of silence.
local last = tonumber(redis.call('ZRANGE', LEASES, -1, -1, 'WITHSCORES')[2])
last = string.format('%.0f', math.min(last, now + 86400000))
redis.call('PEXPIREAT', TEXTS, last)
redis.call('PEXPIREAT', LEASES, last)
return 1
`,
]);

/** ARGV[1]: a name. Answers 1 when it was announced. */
export const WITHDRAW = defineScript("relieves", [
  ANSWERS,
  INSTANCES,
  `
redis.call('ZREM', LEASES, ARGV[1])
return redis.call('HDEL', TEXTS, ARGV[1])
`,
]);

/**
 * ARGV: how many bytes of texts to answer at most, then names; none means all. Answers {now, {name, text, …}, {names that
 * are left for another call}}; at least one text, if there is any.
 */
export const LIST_INSTANCES = defineScript("reads", [
  ANSWERS,
  INSTANCES,
  `
local names, first = ARGV, 2
if #ARGV == 1 then names, first = redis.call('ZRANGEBYSCORE', LEASES, '(' .. now, '+inf'), 1 end
local found, left, room = {}, {}, tonumber(ARGV[1])
for i = first, #names do
  local name = names[i]
  if room <= 0 then
    left[#left + 1] = name
  else
    local lease = redis.call('ZSCORE', LEASES, name)
    local text = redis.call('HGET', TEXTS, name)
    if text and lease and tonumber(lease) > tonumber(now) then
      found[#found + 1] = name
      found[#found + 1] = text
      room = room - #text
    end
  end
end
return {now, found, left}
`,
]);
