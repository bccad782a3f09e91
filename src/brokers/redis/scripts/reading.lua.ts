/**
 * Scripts that hand entries to a consumer. Each keeps the order of keys by the rule in lanes.lua.ts; entries whose data
 * is gone are named, never handed out (T7).
 *
 * @module
 */

import { HAND_OUT, LANES } from "./lanes.lua.ts";
import { COUNT_READ } from "./losses.lua.ts";
import { FINISH_LOST, PROGRESS } from "./progress.lua.ts";
import { defineScript } from "./script.ts";
import { ANSWERS, CONSUMER, GONE, IDS } from "./words.lua.ts";

/**
 * New entries of an ordered group. ARGV[5]: count. First those that waited for this consumer and are free, then what was
 * handed back, then what nobody has read. Answers {hand-out, how many others were found, last delivered id (false: there is
 * something, or too much waits), last wake, lost}. Others must wait, or are lost: behind those there may be more for this
 * consumer.
 */
export const READ_NEW_IN_ORDER = defineScript("relieves", [
  ANSWERS,
  IDS,
  CONSUMER,
  GONE,
  LANES,
  HAND_OUT,
  PROGRESS,
  FINISH_LOST,
  COUNT_READ,
  `
-- For so many the consumer need not read more: most of it would wait as well.
local WAITING_MAX = 1000
checkMember()
redis.call('XPENDING', STREAM, GROUP, '-', '+', 1)
local count = tonumber(ARGV[5])
local entries, counts, mine, waiting, lost = {}, false, {}, 0, {}

-- Whether an unfinished entry may be at another consumer, or wait for this one. When all that is pending is in
-- this consumer's hands, no key has to be looked up.
local function othersHave()
  if redis.call('EXISTS', LANES) == 0 then return false end
  if redis.call('EXISTS', WAITING, FREE) > 0 then return true end
  for _, holder in ipairs(redis.call('XPENDING', STREAM, GROUP)[4] or {}) do
    if holder[1] ~= CONSUMER then return true end
  end
  return false
end

-- Hands out pending entries, given as rows of XPENDING, as far as their keys allow.
local function takeOver(rows)
  if #rows == 0 then return end
  local ids, taken = {}, {}
  counts = counts or {}
  for i = 1, #rows do ids[i] = rows[i][1] end
  local lanes = lanesOf(ids)
  for i, id in ipairs(ids) do
    if gone(id) then
      lost[#lost + 1] = id
      mine[id] = 'gone'
    elseif lanes[i] and mustWait(lanes[i], id, mine) then
      keepWaiting(id)
      waiting = waiting + 1
    else
      taken[#taken + 1] = id
      mine[id] = true
      counts[id] = rows[i][4] + 1
    end
  end
  if #taken == 0 then return end
  local claimed = redis.call('XCLAIM', STREAM, GROUP, CONSUMER, 0, unpack(taken))
  register(claimed)
  for i = 1, #claimed do entries[#entries + 1] = claimed[i] end
end

-- After a reset, entries that are pending are new as well; they are handed out once, as new ones.
local delivered
local function isNew(id)
  delivered = delivered or groupFacts()['last-delivered-id']
  return below(delivered, id)
end

if redis.call('EXISTS', FREE) == 1 then
  local ids, rows = {}, {}
  for _, id in ipairs(keptFor(FREE, count)) do
    if isNew(id) then break end
    ids[#ids + 1] = id
  end
  takeKept(CONSUMER, ids)
  for _, id in ipairs(ids) do
    rows[#rows + 1] = redis.call('XPENDING', STREAM, GROUP, id, id, 1, CONSUMER)[1]
  end
  takeOver(rows)
end
if #entries < count then
  local rows = redis.call('XPENDING', STREAM, GROUP, '-', '+', count - #entries, RELEASED)
  while #rows > 0 and isNew(rows[#rows][1]) do rows[#rows] = nil end
  takeOver(rows)
end

local tooMuchWaits = waitingCount() >= WAITING_MAX
if #entries < count and not tooMuchWaits then
  local keepers = {}
  if redis.call('EXISTS', WAITING, FREE) > 0 and redis.call('HEXISTS', CHECKPOINT, 'resetBelow') == 1 then
    isNew('0-0')
    local rows = delivered ~= ID_MAX and redis.call('XPENDING', STREAM, GROUP, '(' .. delivered, '+', count) or {}
    for _, row in ipairs(rows) do keepers[row[1]] = row[2] end
  end
  local wanted = count - #entries
  delivered = delivered or groupFacts()['last-delivered-id']
  local reply = redis.call('XREADGROUP', 'GROUP', GROUP, CONSUMER, 'COUNT', wanted, 'STREAMS', STREAM, '>')
  local fresh = reply and reply[1][2] or {}
  if #fresh > 0 then countRead(fresh, delivered, #fresh == wanted) end
  for i = 1, #fresh do
    local id = fresh[i][1]
    if keepers[id] then takeKept(keepers[id], {id}) end
  end
  local shared = #fresh > 0 and othersHave()
  -- After a reset, entries without data may be pending between new ones.
  local isSetBack = shared and redis.call('HEXISTS', CHECKPOINT, 'resetBelow') == 1
  local waits, marks, keyed, size = {}, {}, {NOT_A_LIST, LONG}, 0
  for i = 1, #fresh do
    local entry = fresh[i]
    local id, lane = entry[1], laneOf(entry[2])
    local mustBeKept = false
    if lane then
      marks[size + 1], marks[size + 2] = '0', lane .. sortable(id)
      keyed[size + 3], keyed[size + 4] = id, lane
      size = size + 2
      -- All new entries of a key follow the first one.
      mustBeKept = shared and waits[lane]
      if mustBeKept == nil or (isSetBack and not mustBeKept) then
        mustBeKept = mustWait(lane, id, mine)
        waits[lane] = mustBeKept
      end
    end
    if mustBeKept then
      keepWaiting(id, 0)
      waiting = waiting + 1
    else
      entries[#entries + 1] = entry
      if shared then mine[id] = true end
    end
  end
  if size > 0 then
    redis.call('ZADD', LANES, unpack(marks))
    redis.call('HSET', LANE_OF, unpack(keyed))
  end
end

local told = finishLost(lost)
local last, wake = false, false
if #entries == 0 and waiting + #lost == 0 then
  if not tooMuchWaits then last = delivered end
  local newest = redis.call('XREVRANGE', WAKE, '+', '-', 'COUNT', 1)[1]
  wake = newest and newest[1] or '0-0'
end
return {handOut(entries, counts), waiting + #lost, last, wake, told}
`,
]);

/**
 * Own pending entries. ARGV[5] after this id, [6] count, [7] count the delivery. Answers {hand-out, lost, next}. Read
 * by XREADGROUP, which alone keeps entries without data pending; it counts a delivery (T9), which is taken back when
 * it was not wanted.
 */
export const READ_OWN_PENDING = defineScript("relieves", [
  ANSWERS,
  IDS,
  CONSUMER,
  GONE,
  LANES,
  HAND_OUT,
  `
checkMember()
local after, count, counted = ARGV[5], tonumber(ARGV[6]), ARGV[7] == '1'
local from, to = spanAfter(after)
local rows = redis.call('XPENDING', STREAM, GROUP, from, to, count, CONSUMER)
local ids, counts, mine, away = {}, {}, {}, 0
for i = 1, #rows do ids[i] = rows[i][1] end
local lanes, kept, waits = lanesOf(ids), takeKept(CONSUMER, ids), {}
for i, id in ipairs(ids) do
  local isGone = gone(id)
  if lanes[i] and not isGone and mustWait(lanes[i], id, mine) then
    waits[id] = rows[i][4]
  else
    -- What comes before an entry without data still counts for those after it.
    if not isGone then mine[id] = true end
    counts[id] = rows[i][4] + ((counted or kept[id]) and 1 or 0)
  end
end

local entries, lost, byCount = {}, {}, {}
if #ids > 0 then
  local reply = redis.call('XREADGROUP', 'GROUP', GROUP, CONSUMER, 'COUNT', #ids, 'STREAMS', STREAM,
    after)
  for _, entry in ipairs(reply[1][2]) do
    local id = entry[1]
    if not entry[2] then
      lost[#lost + 1] = id
    elseif waits[id] then
      keepWaiting(id, waits[id])
    else
      entries[#entries + 1] = entry
      if not counted then
        local n = counts[id]
        byCount[n] = byCount[n] or {}
        table.insert(byCount[n], id)
      end
    end
  end
end
for n, same in pairs(byCount) do
  local claim = {'XCLAIM', STREAM, GROUP, CONSUMER, 0}
  for _, id in ipairs(same) do claim[#claim + 1] = id end
  claim[#claim + 1], claim[#claim + 2], claim[#claim + 3] = 'RETRYCOUNT', n, 'JUSTID'
  redis.call(unpack(claim))
end
register(entries)
return {handOut(entries, counts), lost, #rows == count and ids[#ids] or false}
`,
]);

/**
 * Entries that nobody renewed. ARGV[5] idle time in ms, [6] after this id, [7] count. Answers {hand-out, lost, next}.
 * XPENDING with IDLE finds them and XCLAIM takes them, not XAUTOCLAIM, so that entries without data are seen before
 * they vanish, and so that every page but the last is full.
 */
export const CLAIM = defineScript("relieves", [
  ANSWERS,
  IDS,
  CONSUMER,
  GONE,
  LANES,
  HAND_OUT,
  PROGRESS,
  FINISH_LOST,
  `
checkMember()
local count = tonumber(ARGV[7])
local from, to = spanAfter(ARGV[6])
local rows = redis.call('XPENDING', STREAM, GROUP, 'IDLE', ARGV[5], from, to, count)
local ids, counts, mine, taken, lost = {}, {}, {}, {}, {}
for i = 1, #rows do ids[i] = rows[i][1] end
local lanes = lanesOf(ids)
for i, id in ipairs(ids) do
  if lanes[i] then takeKept(rows[i][2], {id}) end
  if gone(id) then
    lost[#lost + 1] = id
    mine[id] = 'gone'
  elseif lanes[i] and mustWait(lanes[i], id, mine) then
    keepWaiting(id)
  else
    taken[#taken + 1] = id
    mine[id] = true
    counts[id] = rows[i][4] + 1
  end
end
local entries = {}
if #taken > 0 then entries = redis.call('XCLAIM', STREAM, GROUP, CONSUMER, 0, unpack(taken)) end
register(entries)
lost = finishLost(lost)
return {handOut(entries, counts), lost, #rows == count and ids[#ids] or false}
`,
]);
