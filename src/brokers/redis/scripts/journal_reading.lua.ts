/**
 * Scripts that read and list journals.
 *
 * @module
 */

import { defineScript } from "./script.ts";
import { JOURNAL_FACTS, JOURNAL_KEYS } from "./journals.lua.ts";
import { ANSWERS } from "./words.lua.ts";

/** Begins every reading: answers when there is nothing to read. */
const FACTS = `
if not exists then return {'missing'} end
local facts, damaged = factsOf(META)
if not facts then return {'damaged', damaged} end
`;

/**
 * ARGV: [2] first id or '(' and the id before it, [3] last id, [4] at most so many, 0 for none, [5] at most so many bytes,
 * but one entry. It asks for few entries at first, and then for as many as will fit judging by those.
 */
const ENTRIES = `
local entries, room, bytes, from = {}, tonumber(ARGV[4]), 0, ARGV[2]
local bytesMax, step = tonumber(ARGV[5]), 16
while room > 0 do
  local wanted = math.min(room, step)
  local rows = redis.call('XRANGE', ENTRIES, from, ARGV[3], 'COUNT', wanted)
  for _, row in ipairs(rows) do
    for _, part in ipairs(row[2]) do bytes = bytes + #part end
    if bytes > bytesMax and #entries > 0 then rows = {} break end
    entries[#entries + 1] = row
  end
  if #rows < wanted then break end
  room = room - #rows
  from = '(' .. rows[#rows][1]
  step = math.max(1, math.min(1000, math.floor((bytesMax - bytes) / math.max(1, bytes / #entries))))
end
return {'read', snapshotNow(facts, META, ENTRIES), entries}
`;

/** Answers {word, snapshot, entries}. */
export const READ_JOURNAL = defineScript("reads", [
  ANSWERS,
  JOURNAL_FACTS,
  JOURNAL_KEYS,
  FACTS,
  ENTRIES,
]);

/** The same; ARGV[6]: the journal vanishes so many ms from now. A full memory does not stop it: it takes none. */
export const TOUCH_JOURNAL = defineScript("relieves", [
  ANSWERS,
  JOURNAL_FACTS,
  JOURNAL_KEYS,
  FACTS,
  `
local time = string.format('%.0f', now + ARGV[6])
redis.call('ZADD', EXPIRIES, time, cursorOf(facts.created, NAME))
redis.call('PEXPIREAT', ENTRIES, time)
redis.call('PEXPIREAT', META, time)
`,
  ENTRIES,
]);

/**
 * KEYS: index, expiries, what stands before names in the keys of facts, the same of entries. ARGV: [1] a cursor or '',
 * [2] '1' for the newest first, [3] how many places to look at, [4] how many bytes of states to answer, [5] how many
 * journals. Answers {{name, snapshot}, …}, the cursors of those that are gone, and the last cursor looked at, nil at the
 * end.
 */
export const LIST_JOURNALS = defineScript("reads", [
  ANSWERS,
  JOURNAL_FACTS,
  `
checkType(1, 'zset')
local INDEX, META, ENTRIES, WANTED = KEYS[1], KEYS[3], KEYS[4], tonumber(ARGV[3])
local cursors
if ARGV[2] == '1' then
  cursors = redis.call('ZREVRANGEBYLEX', INDEX, ARGV[1] == '' and '+' or '(' .. ARGV[1], '-', 'LIMIT', 0, WANTED)
else
  cursors = redis.call('ZRANGEBYLEX', INDEX, ARGV[1] == '' and '-' or '(' .. ARGV[1], '+', 'LIMIT', 0, WANTED)
end
local found, gone, bytes, last = {}, {}, 0, false
for _, cursor in ipairs(cursors) do
  if #found == tonumber(ARGV[5]) then return {found, gone, last} end
  local name = string.sub(cursor, 18)
  local kind = redis.call('TYPE', META .. name).ok
  local facts = kind == 'hash' and factsOf(META .. name)
  local entries = facts and redis.pcall('XLEN', ENTRIES .. name)
  if kind == 'none' or facts and cursorOf(facts.created, name) ~= cursor then
    gone[#gone + 1] = cursor
  elseif type(entries) == 'number' then
    bytes = bytes + #facts.state
    if bytes > tonumber(ARGV[4]) and #found > 0 then return {found, gone, last} end
    found[#found + 1] = {name, snapshotNow(facts, META .. name, ENTRIES .. name)}
  end
  last = cursor
end
if #cursors < WANTED then last = false end
return {found, gone, last}
`,
]);

/** KEYS as above. ARGV: cursors of journals that are gone. Answers how many places were taken off the list. */
export const PRUNE_JOURNALS = defineScript("relieves", [
  ANSWERS,
  JOURNAL_FACTS,
  `
checkType(1, 'zset')
checkType(2, 'zset')
local count = 0
for _, cursor in ipairs(ARGV) do
  -- One that is gone may have been made again in the same millisecond.
  local created = redis.pcall('HGET', KEYS[3] .. string.sub(cursor, 18), 'created')
  if type(created) ~= 'string' or cursorOf(created, '') ~= string.sub(cursor, 1, 17) then
    redis.call('ZREM', KEYS[2], cursor)
    count = count + redis.call('ZREM', KEYS[1], cursor)
  end
end
return count
`,
]);
