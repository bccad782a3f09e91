/**
 * Scripts for streams as logs: make, append, describe, delete.
 *
 * @module
 */

import { defineScript } from "./script.ts";
import { ANSWERS, IDS, STREAM_FACTS } from "./words.lua.ts";

/** KEYS: stream, incarnation, then others. */
const STREAM_KEYS = `
local STREAM, INCARNATION = KEYS[1], KEYS[2]
local exists = checkType(1, 'stream') ~= 'none'
checkType(2, 'string')
`;

/** ARGV[1]: a fresh incarnation. Answers 1 when the stream was made. */
export const CREATE_STREAM = defineScript("writes", [
  ANSWERS,
  STREAM_KEYS,
  `
if exists then return 0 end
redis.call('XGROUP', 'CREATE', STREAM, 'tidemark:new', '0-0', 'MKSTREAM')
redis.call('XGROUP', 'DESTROY', STREAM, 'tidemark:new')
redis.call('SET', INCARNATION, ARGV[1])
return 1
`,
]);

/** ARGV[1]: a fresh incarnation for a stream that has none. Answers the facts, nil when it is missing. */
export const STREAM_INFO = defineScript("relieves", [
  ANSWERS,
  STREAM_KEYS,
  STREAM_FACTS,
  `
if not exists then return false end
return streamFacts(STREAM, ensureIncarnation(INCARNATION, ARGV[1]))
`,
]);

/**
 * KEYS[3]: the set of groups. ARGV[1]: what stands before the names of groups in their keys, [2] the last id that the
 * stream must have or '', [3…] the last parts of those keys. Idempotency keys are left to expire: they name the incarnation and no longer count.
 */
export const DELETE_STREAM = defineScript("relieves", [
  ANSWERS,
  STREAM_KEYS,
  `
checkType(3, 'set')
if exists and ARGV[2] ~= '' and byName(redis.call('XINFO', 'STREAM', STREAM))['last-generated-id'] ~= ARGV[2] then
  return 0
end
local groups = redis.call('SMEMBERS', KEYS[3])
if exists then
  for _, flat in ipairs(redis.call('XINFO', 'GROUPS', STREAM)) do
    groups[#groups + 1] = byName(flat).name
  end
end
for _, group in ipairs(groups) do
  for i = 3, #ARGV do redis.call('UNLINK', ARGV[1] .. group .. ':' .. ARGV[i]) end
end
redis.call('UNLINK', INCARNATION, KEYS[3])
return redis.call('UNLINK', STREAM)
`,
]);

/**
 * All or none of a list of entries. KEYS[3…]: idempotency keys. ARGV[1] a fresh incarnation, [2] the window in ms, [3]
 * the wanted length or '', [4] how many entries; then for each: id or '*', number of its idempotency key or '0',
 * number of parts, parts. Answers ids, each behind `=` when it was known before and `+` when it is new.
 *
 * When an entry is refused, those before it are removed again and the stream's last id is set back.
 */
export const APPEND = defineScript("writes", [
  ANSWERS,
  IDS,
  STREAM_KEYS,
  `
for index = 3, #KEYS do checkType(index, 'string') end
local before = exists and byName(redis.call('XINFO', 'STREAM', STREAM))
local incarnation = exists and redis.call('GET', INCARNATION)
if not incarnation then incarnation = ARGV[1] end

local function isKnown(key)
  local known = redis.call('GET', key)
  return known and string.sub(known, 1, #incarnation) == incarnation and known
end

-- Ids are checked before anything is written: entries that were undone leave their ids behind in the stream's nodes,
-- where trimming by id would stop at them. Only an id behind one that the server chooses is left to XADD.
local last, seen, position = before and before['last-generated-id'] or '0-0', {}, 5
for entry = 1, tonumber(ARGV[4]) do
  local id, key = ARGV[position], KEYS[2 + tonumber(ARGV[position + 1])]
  local isKeyed = ARGV[position + 1] ~= '0'
  if not (isKeyed and (seen[key] or isKnown(key))) then
    if last == '18446744073709551615-18446744073709551615' then fail('EXHAUSTED 1') end
    if id ~= '*' then
      if not below(last, id) then fail('NOTINCREASING ' .. entry) end
      last = id
    end
    if isKeyed then seen[key] = true end
  end
  position = position + 3 + tonumber(ARGV[position + 2])
end

local results, appended, remembered, cursor = {}, {}, {}, 5
local function undo()
  if not exists then
    redis.call('UNLINK', STREAM)
  elseif #appended > 0 then
    for _, id in ipairs(appended) do redis.call('XDEL', STREAM, id) end
    -- XSETID keeps the newer mark when it is given 0-0, and refuses one above the last id.
    local last, deleted = before['last-generated-id'], before['max-deleted-entry-id']
    if deleted == '0-0' then deleted = '0-1' end
    if below(last, deleted) then deleted = last end
    redis.call('XSETID', STREAM, last, 'ENTRIESADDED', before['entries-added'], 'MAXDELETEDID', deleted)
  end
  for _, key in ipairs(remembered) do redis.call('UNLINK', key) end
end

for entry = 1, tonumber(ARGV[4]) do
  local key, parts = KEYS[2 + tonumber(ARGV[cursor + 1])], tonumber(ARGV[cursor + 2])
  local known = ARGV[cursor + 1] ~= '0' and isKnown(key)
  if known then
    results[entry] = '=' .. string.sub(known, #incarnation + 2)
  else
    local id = redis.pcall('XADD', STREAM, ARGV[cursor], unpack(ARGV, cursor + 3, cursor + 2 + parts))
    if type(id) == 'table' then
      undo()
      if string.find(id.err, 'exhausted', 1, true) then fail('EXHAUSTED 1') end
      if string.find(id.err, 'The ID specified in XADD', 1, true) then
        fail('NOTINCREASING ' .. entry)
      end
      fail(id.err)
    end
    appended[#appended + 1] = id
    results[entry] = '+' .. id
    if ARGV[cursor + 1] ~= '0' then
      redis.call('SET', key, incarnation .. ' ' .. id, 'PX', ARGV[2])
      remembered[#remembered + 1] = key
    end
  end
  cursor = cursor + 3 + parts
end
redis.call('SET', INCARNATION, incarnation)

-- Trims whole nodes, by no more than the excess, and never what a group has not finished.
if ARGV[3] ~= '' then
  local excess = redis.call('XLEN', STREAM) - tonumber(ARGV[3])
  if excess >= 100 then
    local safe
    for _, flat in ipairs(redis.call('XINFO', 'GROUPS', STREAM)) do
      local group = byName(flat)
      local row = redis.call('XPENDING', STREAM, group.name, '-', '+', 1)[1]
      local needed = row and row[1] or group['last-delivered-id']
      if not safe or below(needed, safe) then safe = needed end
    end
    if safe then
      redis.call('XTRIM', STREAM, 'MINID', '~', safe, 'LIMIT', excess)
    else
      redis.call('XTRIM', STREAM, 'MAXLEN', '~', ARGV[3])
    end
  end
end
return results
`,
]);
