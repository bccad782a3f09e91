/**
 * Scripts that keep or give up the entries in a consumer's hands. XCLAIM has no owner check of its own (T10), so each
 * asks the pending list first.
 *
 * @module
 */

import { LANES } from "./lanes.lua.ts";
import { defineScript } from "./script.ts";
import { ANSWERS, CONSUMER, GONE, IDS, OWNED } from "./words.lua.ts";

/**
 * ARGV[5…]: ids, ascending, at most 1,000. What waits for this consumer is renewed as well, and set free where what it
 * waited for has vanished without a commit, such as by a foreign XACK. Answers the fenced ids.
 */
export const RENEW = defineScript("relieves", [
  ANSWERS,
  IDS,
  CONSUMER,
  OWNED,
  GONE,
  LANES,
  `
checkMember()
redis.call('XPENDING', STREAM, GROUP, '-', '+', 1)
local counts = ownedAmong(5, #ARGV)
local fenced, claim = {}, {'XCLAIM', STREAM, GROUP, CONSUMER, 0}
for i = 5, #ARGV do
  local id = ARGV[i]
  if not counts[id] then
    fenced[#fenced + 1] = id
  elseif not gone(id) then
    claim[#claim + 1] = id
  end
end
if ORDERED and redis.call('EXISTS', WAITING) == 1 then
  local keys = {}
  for _, lane in ipairs(lanesOf(keptFor(WAITING, 1000))) do
    if lane and not keys[lane] then
      keys[lane] = true
      keys[#keys + 1] = lane
    end
  end
  setFree(keys)
end
if ORDERED then
  for _, key in ipairs({WAITING, FREE}) do
    for _, id in ipairs(redis.call('EXISTS', key) == 1 and keptFor(key, 1000) or {}) do
      local row = not gone(id) and redis.call('XPENDING', STREAM, GROUP, id, id, 1, CONSUMER)[1]
      if row then claim[#claim + 1] = id end
    end
  end
end
if #claim > 5 then
  claim[#claim + 1] = 'JUSTID'
  redis.call(unpack(claim))
end
return fenced
`,
]);

/**
 * ARGV[5] is 'all' or 'ids'; then ids, ascending, at most 1,000, with which goes what waits for this consumer: whoever
 * reads no more would keep it from all others. The entries go to the consumer that holds what was
 * handed back, idle since 1970, so that any claim finds them at once. Entries without data stay: a claim finds them
 * when their lease is over. Answers how many were handed back.
 */
export const RELEASE = defineScript("relieves", [
  ANSWERS,
  IDS,
  CONSUMER,
  OWNED,
  GONE,
  LANES,
  `
checkMember()
redis.call('XPENDING', STREAM, GROUP, '-', '+', 1)
local released = 0
local function handBack(ids, counts)
  local byCount, here = {}, {}
  for _, id in ipairs(ids) do
    if counts[id] and not gone(id) then here[#here + 1] = id end
  end
  local kept = takeKept(CONSUMER, here)
  for _, id in ipairs(here) do
    -- What only waited here was not delivered.
    local n = kept[id] and counts[id] or math.max(0, counts[id] - 1)
    byCount[n] = byCount[n] or {'XCLAIM', STREAM, GROUP, RELEASED, 0}
    table.insert(byCount[n], id)
  end
  for n, claim in pairs(byCount) do
    for _, word in ipairs({'TIME', 0, 'RETRYCOUNT', n, 'JUSTID'}) do claim[#claim + 1] = word end
    redis.call(unpack(claim))
  end
  released = released + #here
end

if ARGV[5] == 'all' then
  local after = '-'
  repeat
    local rows = redis.call('XPENDING', STREAM, GROUP, after, '+', 1000, CONSUMER)
    local ids, counts = {}, {}
    for i, row in ipairs(rows) do
      ids[i] = row[1]
      counts[row[1]] = row[4]
      after = '(' .. row[1]
    end
    handBack(ids, counts)
  until #rows < 1000 or rows[1000][1] == ID_MAX
else
  handBack({unpack(ARGV, 6)}, ownedAmong(6, #ARGV))
  for _, key in ipairs({WAITING, FREE}) do
    local waiting = ORDERED and redis.call('EXISTS', key) == 1 and keptFor(key, -1) or {}
    for from = 1, #waiting, 1000 do
      local ids, counts = {unpack(waiting, from, math.min(from + 999, #waiting))}, {}
      for _, id in ipairs(ids) do
        local row = redis.call('XPENDING', STREAM, GROUP, id, id, 1, CONSUMER)[1]
        counts[id] = row and row[4]
      end
      handBack(ids, counts)
    end
  end
end
redis.call('HSET', CHECKPOINT, 'added', byName(redis.call('XINFO', 'STREAM', STREAM))['entries-added'])
if ORDERED and released > 0 then wakeAll() end
return released
`,
]);
