/**
 * Scripts that make, change and delete journals. What a caller can do something about is answered, with its name first;
 * only what is wrong with a key or the server is an error.
 *
 * The facts of a journal are kept beside its entries and not asked of the stream, because XINFO STREAM would copy its
 * first and last entry, each up to two megabytes, for every small change.
 *
 * @module
 */

import { defineScript } from "./script.ts";
import { ANSWERS, IDS } from "./words.lua.ts";

/**
 * KEYS: facts, entries, tokens, index, expiries. ARGV[1] is the journal's name. `factsOf` answers what is known of a
 * journal, or nil and the name of the part that is damaged; `snapshot` answers it in the order of `snapshotOf`.
 */
export const JOURNAL_FACTS = `
local PARTS = {'incarnation', 'version', 'created', 'added', 'first', 'last', 'trimmed', 'state'}
local PATTERNS = {'.', '^[1-9]%d*$', '^%d+$', '^%d+$', '^%d+%-%d+$', '^%d+%-%d+$', '^%d+%-%d+$', '.'}

local function factsOf(meta)
  local values, facts = redis.call('HMGET', meta, unpack(PARTS)), {}
  for i, part in ipairs(PARTS) do
    local value = values[i]
    if not value or not string.find(value, PATTERNS[i]) or i < 8 and #value > 41 then return nil, part end
    facts[part] = value
  end
  return facts
end

local function snapshot(facts, length, expiresIn)
  return {facts.incarnation, facts.version, facts.created, facts.added, facts.first, facts.last,
    facts.trimmed, facts.state, length, expiresIn}
end

local function snapshotNow(facts, meta, entries)
  return snapshot(facts, redis.call('XLEN', entries), redis.call('PTTL', meta))
end

local function cursorOf(created, name)
  return string.rep('0', 16 - #created) .. created .. ':' .. name
end
`;

/** The keys of one journal, checked before anything is read or written (T20). */
export const JOURNAL_KEYS = `
local META, ENTRIES, TOKENS, INDEX, EXPIRIES = unpack(KEYS, 1, 5)
local NAME = ARGV[1]
local exists = checkType(1, 'hash') ~= 'none'
local hasEntries = checkType(2, 'stream') ~= 'none'
checkType(3, 'hash')
checkType(4, 'zset')
checkType(5, 'zset')
local now = nowMs()
`;

/**
 * Makes the ids of the new entries. Their ids are all a matter of the last id, the time and what was asked for, so that
 * a token needs to remember no more than the first two of these.
 */
const ASSIGN_IDS = `
local U64_MAX = '18446744073709551615'

local function increment(digits)
  local at = #digits
  while at > 0 and string.byte(digits, at) == 57 do at = at - 1 end
  if at == 0 then return '1' .. string.rep('0', #digits) end
  return sub(digits, 1, at - 1) .. char(string.byte(digits, at) + 1) .. string.rep('0', #digits - at)
end

local function after(id)
  local dash = find(id, '-', 1, true)
  local ms, seq = sub(id, 1, dash - 1), sub(id, dash + 1)
  if seq ~= U64_MAX then return ms .. '-' .. increment(seq) end
  return increment(ms) .. '-0'
end

local function assignIds(last, time, from, count)
  local ids, at = {}, from
  for entry = 1, count do
    if last == U64_MAX .. '-' .. U64_MAX then return nil, {'exhausted'} end
    local id = ARGV[at]
    if id == '*' then
      id = time .. '-0'
      if not below(last, id) then id = after(last) end
    elseif not below(last, id) then
      return nil, {'notIncreasing', entry}
    end
    ids[entry], last, at = id, id, at + 2 + tonumber(ARGV[at + 1])
  end
  return ids
end

-- Ids as stretches in which each is the next possible one: 'first count first count'.
local function stretchesOf(ids)
  local stretches, expected = {}, ''
  for _, id in ipairs(ids) do
    if id == expected then
      stretches[#stretches] = stretches[#stretches] + 1
    else
      stretches[#stretches + 1], stretches[#stretches + 2] = id, 1
    end
    expected = id ~= U64_MAX .. '-' .. U64_MAX and after(id) or ''
  end
  return table.concat(stretches, ' ')
end

local function idsOf(stretches)
  local ids = {}
  for id, count in string.gmatch(stretches, '(%d+%-%d+) (%d+)') do
    for _ = 1, tonumber(count) do
      ids[#ids + 1] = id
      if id ~= U64_MAX .. '-' .. U64_MAX then id = after(id) end
    end
  end
  return ids
end
`;

/** Takes those that have expired off the list, some at a time, so that nothing is left of them that nobody reads. */
const SWEEP = `
local function sweep()
  local metaPrefix = string.sub(META, 1, #META - #NAME)
  for _, cursor in ipairs(redis.call('ZRANGEBYSCORE', EXPIRIES, '-inf', '(' .. now, 'LIMIT', 0, 10)) do
    local meta = metaPrefix .. string.sub(cursor, 18)
    local created = redis.pcall('HGET', meta, 'created')
    if type(created) == 'string' and cursorOf(created, '') == string.sub(cursor, 1, 17) then
      -- A foreign hand has prolonged its life.
      local ends = redis.call('PEXPIRETIME', meta)
      if ends > 0 then redis.call('ZADD', EXPIRIES, ends, cursor) else redis.call('ZREM', EXPIRIES, cursor) end
    else
      redis.call('ZREM', EXPIRIES, cursor)
      redis.call('ZREM', INDEX, cursor)
    end
  end
end
`;

/**
 * ARGV: [2] channel, [3] a fresh incarnation to create and '' to change, [4] wanted version or '', [5] wanted incarnation
 * or '', [6] '1' with [7] a state, [8] wanted length or '', [9] kind of expiry (`in`, `at`, `never`, '') and [10] its ms,
 * [11] token or '', [12] how many tokens to remember and [13] for how many ms, [14] how many entries; then for each: id
 * or '*', number of parts, parts. Answers {word, snapshot, ids}, or a word that says why nothing was changed.
 */
export const CHANGE_JOURNAL = defineScript("writes", [
  ANSWERS,
  IDS,
  JOURNAL_FACTS,
  JOURNAL_KEYS,
  ASSIGN_IDS,
  SWEEP,
  `
local CHANNEL, FRESH, COUNT, FIRST, TOKEN = ARGV[2], ARGV[3], tonumber(ARGV[14]), 15, ARGV[11]
local creates = FRESH ~= ''
local facts, damaged
if exists then
  facts, damaged = factsOf(META)
  if not facts then return {'damaged', damaged} end
  if TOKEN ~= '' then
    local record = redis.call('HGET', TOKENS, 't:' .. TOKEN)
    if record then return {'already', snapshotNow(facts, META, ENTRIES), idsOf(record)} end
  end
  if creates then return {'exists', snapshotNow(facts, META, ENTRIES)} end
  if (ARGV[4] ~= '' and ARGV[4] ~= facts.version) or (ARGV[5] ~= '' and ARGV[5] ~= facts.incarnation) then
    return {'changed', snapshotNow(facts, META, ENTRIES)}
  end
elseif not creates then
  return {'missing'}
else
  facts = {incarnation = FRESH, version = '0', created = now, added = '0', first = '0-0', last = '0-0',
    trimmed = '0-0'}
end
local ids, refusal = assignIds(facts.last, now, FIRST, COUNT)
if not ids then return refusal end
local endsAt = -1
if ARGV[9] == 'in' then endsAt = now + ARGV[10] elseif ARGV[9] == 'at' then endsAt = tonumber(ARGV[10]) end
if exists and ARGV[9] == '' then endsAt = redis.call('PEXPIRETIME', META) end

-- The first write, because it is refused without the right to the channel; it goes out when all is done.
if creates or COUNT > 0 or ARGV[6] == '1' or ARGV[9] ~= '' then redis.call('PUBLISH', CHANNEL, '') end
if creates then
  redis.call('UNLINK', ENTRIES, TOKENS)
  hasEntries = false
  sweep()
end
local at = FIRST
for entry = 1, COUNT do
  local parts = tonumber(ARGV[at + 1])
  local added = redis.pcall('XADD', ENTRIES, ids[entry], unpack(ARGV, at + 2, at + 1 + parts))
  if type(added) == 'table' then
    -- Only the first can be refused: a foreign hand has appended to the stream.
    if entry == 1 and find(added.err, 'XADD', 1, true) then return {'damaged', 'entries'} end
    fail(added.err)
  end
  at = at + 2 + parts
end

local length = redis.call('XLEN', ENTRIES)
if COUNT > 0 then
  if length == COUNT then facts.first = ids[1] end
  facts.last = ids[COUNT]
  facts.added = string.format('%.0f', facts.added + COUNT)
end
if ARGV[8] ~= '' and length > tonumber(ARGV[8]) then
  if ARGV[8] == '0' then
    facts.trimmed = facts.last
    redis.call('XTRIM', ENTRIES, 'MAXLEN', '0')
  else
    redis.call('XTRIM', ENTRIES, 'MAXLEN', string.format('%.0f', ARGV[8] + 1))
    local rows = redis.call('XRANGE', ENTRIES, '-', '+', 'COUNT', 2)
    facts.trimmed, facts.first = rows[1][1], rows[2][1]
    redis.call('XTRIM', ENTRIES, 'MAXLEN', ARGV[8])
  end
  length = tonumber(ARGV[8])
end
local writes = {'first', facts.first, 'last', facts.last, 'added', facts.added, 'trimmed', facts.trimmed}
if ARGV[6] == '1' then
  facts.state, facts.version = ARGV[7], string.format('%.0f', facts.version + 1)
  for _, value in ipairs({'state', facts.state, 'version', facts.version}) do writes[#writes + 1] = value end
end
if creates then
  for _, value in ipairs({'incarnation', FRESH, 'created', now}) do writes[#writes + 1] = value end
end
redis.call('HSET', META, unpack(writes))

local cursor = cursorOf(facts.created, NAME)
if creates then redis.call('ZADD', INDEX, 0, cursor) end
if TOKEN ~= '' then
  local number = redis.pcall('HINCRBY', TOKENS, 'n', 1)
  if type(number) == 'table' then
    redis.call('UNLINK', TOKENS)
    number = redis.call('HINCRBY', TOKENS, 'n', 1)
  end
  local slot = 'r:' .. (number % ARGV[12])
  local oldest = redis.call('HGET', TOKENS, slot)
  if oldest then redis.call('HDEL', TOKENS, 't:' .. oldest) end
  redis.call('HSET', TOKENS, slot, TOKEN, 't:' .. TOKEN, stretchesOf(ids))
  redis.call('PEXPIRE', TOKENS, ARGV[13])
end
if ARGV[9] == 'never' then
  redis.call('PERSIST', META)
  redis.call('PERSIST', ENTRIES)
  redis.call('ZREM', EXPIRIES, cursor)
elseif endsAt >= 0 and (ARGV[9] ~= '' or not hasEntries) then
  local time = string.format('%.0f', endsAt)
  redis.call('ZADD', EXPIRIES, time, cursor)
  redis.call('PEXPIREAT', ENTRIES, time)
  redis.call('PEXPIREAT', META, time)
end
return {'done', snapshot(facts, length, endsAt >= 0 and math.max(0, endsAt - now) or -1), ids}
`,
]);

/** ARGV: [2] channel, [3] wanted version or '', [4] wanted incarnation or ''. Answers {word, snapshot where it is another one}. */
export const DELETE_JOURNAL = defineScript("relieves", [
  ANSWERS,
  JOURNAL_FACTS,
  JOURNAL_KEYS,
  `
if not exists then return {'missing'} end
local facts = factsOf(META)
if facts and ((ARGV[3] ~= '' and ARGV[3] ~= facts.version) or (ARGV[4] ~= '' and ARGV[4] ~= facts.incarnation)) then
  return {'changed', snapshotNow(facts, META, ENTRIES)}
end
redis.call('PUBLISH', ARGV[2], '')
-- A damaged one does not say when it was made; its place in the list is found to be empty there.
if facts then
  local cursor = cursorOf(facts.created, NAME)
  redis.call('ZREM', INDEX, cursor)
  redis.call('ZREM', EXPIRIES, cursor)
end
redis.call('UNLINK', META, ENTRIES, TOKENS)
return {'done'}
`,
]);
