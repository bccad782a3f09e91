/**
 * The Lua words that several scripts share: entry ids, answers, key types, epochs. Each constant is a part for
 * `defineScript`.
 *
 * @module
 */

/** Answers and facts: ends a script with an error of ours, checks a key's type, reads flat lists, tells the time. */
export const ANSWERS = `
local function fail(text) error({err = text}) end

local function checkType(index, wanted)
  local found = redis.call('TYPE', KEYS[index]).ok
  if found ~= 'none' and found ~= wanted then
    fail('WRONGKEY ' .. index .. ' ' .. found .. ' ' .. wanted)
  end
  return found
end

local function byName(flat)
  local facts = {}
  for i = 1, #flat, 2 do facts[flat[i]] = flat[i + 1] end
  return facts
end

local function nowMs()
  local time = redis.call('TIME')
  return time[1] .. string.format('%03d', math.floor(time[2] / 1000))
end
`;

/**
 * Entry ids as text: Lua numbers lose digits above 2^53 (T16). `sortable` is the spelling of domain/entry_id.ts whose
 * byte order is the order of ids. Strings are compared at equal length only, where every locale agrees on digits.
 */
export const IDS = `
local find, sub, char = string.find, string.sub, string.char
-- Nothing lies above it, and Redis refuses to look.
local ID_MAX = '18446744073709551615-18446744073709551615'
-- Ids that follow each other mostly share their first half, which is spelled once.
local half, dash, spelled = '', 0, ''
local function sortable(id)
  if sub(id, 1, dash) ~= half or dash == 0 then
    dash = find(id, '-', 1, true)
    half = sub(id, 1, dash)
    spelled = char(95 + dash) .. sub(id, 1, dash - 1)
  end
  return spelled .. char(96 + #id - dash) .. sub(id, dash + 1)
end

local function idOfSortable(text)
  local length = string.byte(text) - 96
  return string.sub(text, 2, 1 + length) .. '-' .. string.sub(text, 3 + length)
end

local function below(left, right)
  local leftDash, rightDash = find(left, '-', 1, true), find(right, '-', 1, true)
  if leftDash ~= rightDash then return leftDash < rightDash end
  if #left == #right then return left < right end
  local leftMs, rightMs = sub(left, 1, leftDash), sub(right, 1, rightDash)
  if leftMs ~= rightMs then return leftMs < rightMs end
  return #left < #right
end

-- Start and end of what lies after an id.
local function spanAfter(id)
  if id == ID_MAX then return '+', '-' end
  return '(' .. id, '+'
end
`;

/**
 * The keys and arguments that every consumer script begins with, and the checks that come before any write, because
 * Redis does not undo a script that fails half-way (T20). `JOINED` is epoch and ticket as they are stored: an epoch alone
 * comes again when all was deleted. Arguments of its own begin at ARGV[5].
 */
export const CONSUMER = `
local STREAM, INCARNATION, GROUPS, CHECKPOINT, DONE, RETRIES, LANES, LANE_OF = unpack(KEYS, 1, 8)
local WAITING, FREE, WAKE, QUARANTINED = unpack(KEYS, 9, 12)
local GROUP, CONSUMER, JOINED, ORDERED = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == 'key'
local EPOCH = string.match(JOINED, '^%d+')
local RELEASED = 'tidemark:released'
local TYPES = {'stream', 'string', 'set', 'hash', 'zset', 'hash', 'zset', 'hash', 'zset', 'zset', 'stream',
  'list'}

local function checkTypes()
  local stream = checkType(1, TYPES[1])
  for index = 2, 12 do checkType(index, TYPES[index]) end
  return stream ~= 'none'
end

local function checkEpoch(current)
  if not current then fail('NOGROUP the consumer has to join again') end
  if current == '-' .. JOINED then fail('RESET') end
  if current ~= JOINED then fail('FENCED ' .. (string.match(current, '^%-?(%d+)') or '0')) end
end

local function checkMember()
  checkTypes()
  checkEpoch(redis.call('HGET', CHECKPOINT, 'e:' .. CONSUMER))
end

local function groupFacts()
  for _, flat in ipairs(redis.call('XINFO', 'GROUPS', STREAM)) do
    local facts = byName(flat)
    if facts.name == GROUP then return facts end
  end
end
`;

/** The facts of a stream that a `StreamInfo` holds, in its order, without the entries that XINFO carries along. */
export const STREAM_FACTS = `
local function streamFacts(stream, incarnation)
  local facts = byName(redis.call('XINFO', 'STREAM', stream))
  local first = facts.length > 0 and facts['recorded-first-entry-id'] or false
  return {facts.length, first, facts['last-generated-id'], facts['entries-added'], facts.groups,
    incarnation}
end

local function ensureIncarnation(key, fresh)
  redis.call('SET', key, fresh, 'NX')
  return redis.call('GET', key)
end
`;

/**
 * Which of ARGV[from] to ARGV[to], ascending, are pending for this consumer: a table of id to delivery count. Ranged
 * XPENDING, one call for entries that were read together; at most one call per id.
 */
export const OWNED = `
local function ownedAmong(from, to)
  local counts, index = {}, from
  while index <= to do
    local wanted = to - index + 1
    local rows = redis.call('XPENDING', STREAM, GROUP, ARGV[index], ARGV[to], wanted, CONSUMER)
    for i = 1, #rows do counts[rows[i][1]] = rows[i][4] end
    if #rows < wanted then break end
    local last = rows[#rows][1]
    if last == ARGV[to] then break end
    while index <= to and not below(last, ARGV[index]) do index = index + 1 end
  end
  return counts
end
`;

/**
 * Whether the data of a pending entry is gone. XCLAIM would take such an entry off the pending list without a word
 * (T7), so it is asked first. Only ids at or below the highest one deleted by XDEL need a look of their own.
 */
export const GONE = `
local edges
local function gone(id)
  if not edges then edges = byName(redis.call('XINFO', 'STREAM', STREAM)) end
  if edges.length == 0 or below(id, edges['recorded-first-entry-id']) then return true end
  if below(edges['max-deleted-entry-id'], id) then return false end
  return #redis.call('XRANGE', STREAM, id, id) == 0
end
`;
