/**
 * Scripts that hand entries to a consumer. Each keeps the order of keys by the rule in lanes.lua.ts; entries whose data
 * is gone are named, never handed out (T7).
 *
 * @module
 */

import { HAND_OUT, LANES } from "./lanes.lua.ts";
import { FINISH_LOST, PROGRESS } from "./progress.lua.ts";
import { defineScript } from "./script.ts";
import { ANSWERS, CONSUMER, GONE, IDS } from "./words.lua.ts";

/**
 * New entries of an ordered group. ARGV[5]: count. First what was handed back, in id order, then what nobody has read.
 * Answers {hand-out, how many were assigned to others, last
 * delivered id when there was nothing at all}.
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
  `
checkMember()
local count = tonumber(ARGV[5])
local entries, counts, mine, assigned, lost = {}, false, {}, 0, {}

-- Whether an unfinished entry may be at another consumer, or wait for this one. When all that is pending is in
-- this consumer's hands, no key has to be looked up.
local function othersHave()
  if redis.call('EXISTS', LANES) == 0 then return false end
  if redis.call('EXISTS', ASSIGNED) == 1 then return true end
  for _, holder in ipairs(redis.call('XPENDING', STREAM, GROUP)[4] or {}) do
    if holder[1] ~= CONSUMER then return true end
  end
  return false
end

local rows = redis.call('XPENDING', STREAM, GROUP, '-', '+', count, RELEASED)
if #rows > 0 then
  local ids, taken = {}, {}
  counts = {}
  for i = 1, #rows do ids[i] = rows[i][1] end
  local lanes = lanesOf(ids)
  for i, id in ipairs(ids) do
    local owner, idle
    if gone(id) then
      lost[#lost + 1] = id
      mine[id] = true
    else
      if lanes[i] then owner, idle = mustFollow(lanes[i], id, mine) end
      if owner then
        assign(id, owner, idle)
        assigned = assigned + 1
      else
        taken[#taken + 1] = id
        mine[id] = true
        counts[id] = rows[i][4] + 1
      end
    end
  end
  if #taken > 0 then entries = redis.call('XCLAIM', STREAM, GROUP, CONSUMER, 0, unpack(taken)) end
  register(entries)
end

if #rows < count then
  local reply = redis.call('XREADGROUP', 'GROUP', GROUP, CONSUMER, 'COUNT', count - #rows,
    'STREAMS', STREAM, '>')
  local fresh = reply and reply[1][2] or {}
  local shared = othersHave()
  local holders, marks, keyed, size = {}, {}, {}, 0
  for i = 1, #fresh do
    local entry = fresh[i]
    local id, lane = entry[1], laneOf(entry[2])
    local holder = false
    if lane then
      marks[size + 1], marks[size + 2] = '0', lane .. sortable(id)
      keyed[size + 1], keyed[size + 2] = id, lane
      size = size + 2
      -- All new entries of a key follow the first one.
      holder = shared and holders[lane]
      if holder == nil then
        local owner, idle = mustFollow(lane, id, mine)
        holder = owner and {owner, idle} or false
        holders[lane] = holder
      end
    end
    if holder then
      assign(id, holder[1], holder[2], 0)
      assigned = assigned + 1
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

finishLost(lost)
local last = false
if #entries == 0 and assigned == 0 then last = groupFacts()['last-delivered-id'] end
return {handOut(entries, counts), assigned, last}
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
local rows = redis.call('XPENDING', STREAM, GROUP, '(' .. after, '+', count, CONSUMER)
local ids, counts, mine, away = {}, {}, {}, 0
for i = 1, #rows do ids[i] = rows[i][1] end
local lanes, waited = lanesOf(ids), takeAssigned(ids)
for i, id in ipairs(ids) do
  local owner, idle
  if lanes[i] and not gone(id) then owner, idle = mustFollow(lanes[i], id, mine) end
  if owner then
    assign(id, owner, idle)
    away = away + 1
  else
    mine[id] = true
    counts[id] = rows[i][4] + ((counted or waited[id]) and 1 or 0)
  end
end

local entries, lost, byCount = {}, {}, {}
if #ids > away then
  local reply = redis.call('XREADGROUP', 'GROUP', GROUP, CONSUMER, 'COUNT', #ids - away,
    'STREAMS', STREAM, after)
  for _, entry in ipairs(reply[1][2]) do
    if not entry[2] then
      lost[#lost + 1] = entry[1]
    else
      entries[#entries + 1] = entry
      if not counted then
        local n = counts[entry[1]]
        byCount[n] = byCount[n] or {}
        table.insert(byCount[n], entry[1])
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

/** Entries that others assigned to this consumer. ARGV[5]: count. Answers {hand-out, lost, next}. */
export const READ_ASSIGNED = defineScript("relieves", [
  ANSWERS,
  IDS,
  CONSUMER,
  GONE,
  LANES,
  HAND_OUT,
  `
checkMember()
redis.call('XPENDING', STREAM, GROUP, '-', '+', 1)
local mark = ownerMark(CONSUMER)
local marks = redis.call('ZRANGEBYLEX', ASSIGNED, '[' .. mark, '(' .. mark .. 'u', 'LIMIT', 0,
  ARGV[5])
local ids, counts, mine, taken, lost = {}, {}, {}, {}, {}
for i = 1, #marks do ids[i] = idOfSortable(string.sub(marks[i], #mark + 1)) end
if #marks > 0 then redis.call('ZREM', ASSIGNED, unpack(marks)) end
local lanes = lanesOf(ids)
for i, id in ipairs(ids) do
  local row = redis.call('XPENDING', STREAM, GROUP, id, id, 1, CONSUMER)[1]
  if row then
    local owner, idle
    if gone(id) then
      lost[#lost + 1] = id
      mine[id] = true
    else
      if lanes[i] then owner, idle = mustFollow(lanes[i], id, mine) end
      if owner then
        assign(id, owner, idle)
      else
        taken[#taken + 1] = id
        mine[id] = true
        counts[id] = row[4] + 1
      end
    end
  end
end
local entries = {}
if #taken > 0 then entries = redis.call('XCLAIM', STREAM, GROUP, CONSUMER, 0, unpack(taken)) end
register(entries)
return {handOut(entries, counts), lost, assignedCount() > 0 and ids[#ids] or false}
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
local rows = redis.call('XPENDING', STREAM, GROUP, 'IDLE', ARGV[5], '(' .. ARGV[6], '+', count)
local ids, counts, mine, taken, lost = {}, {}, {}, {}, {}
for i = 1, #rows do ids[i] = rows[i][1] end
local lanes = lanesOf(ids)
for i, id in ipairs(ids) do
  local owner, idle
  if gone(id) then
    lost[#lost + 1] = id
    mine[id] = true
  else
    if lanes[i] then owner, idle = mustFollow(lanes[i], id, mine) end
    if owner then
      assign(id, owner, idle)
    else
      taken[#taken + 1] = id
      mine[id] = true
      counts[id] = rows[i][4] + 1
      if lanes[i] then redis.call('ZREM', ASSIGNED, ownerMark(rows[i][2]) .. sortable(id)) end
    end
  end
end
local entries = {}
if #taken > 0 then entries = redis.call('XCLAIM', STREAM, GROUP, CONSUMER, 0, unpack(taken)) end
register(entries)
finishLost(lost)
return {handOut(entries, counts), lost, #rows == count and ids[#ids] or false}
`,
]);
