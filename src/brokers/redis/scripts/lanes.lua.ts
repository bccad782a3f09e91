/**
 * The order of keys: for every key, the unfinished entries of the group in id order, and who may have the next one. An
 * entry is handed out only if every earlier unfinished entry of its key is in the same consumer's hands; otherwise it
 * waits, pending for the consumer that asked, until a commit sets it free.
 *
 * A key's mark is `<bytes>:<key>:`, or `sha1:<digest>:` above 64 bytes, so that no mark begins another one, and all
 * entries of a key stand together in the zset of marks and sortable ids.
 *
 * @module
 */

/** Marks, predecessors, waiting and setting free. */
export const LANES = `
local laneOfKey = {}
local function laneOf(fields)
  for i = 1, #fields, 2 do
    if fields[i] == 'key' then
      local key = fields[i + 1]
      local lane = laneOfKey[key]
      if not lane then
        lane = #key > 64 and 'sha1:' .. redis.sha1hex(key) .. ':' or #key .. ':' .. key .. ':'
        laneOfKey[key] = lane
      end
      return lane
    end
  end
end

-- The lanes of entries are noted with a field that no entry has and that is too long for a list: a hash that is kept as
-- a list is searched from its beginning for every field.
local NOT_A_LIST, LONG = '-', string.rep('-', 65)

local function lanesOf(ids)
  if not ORDERED or #ids == 0 or redis.call('EXISTS', LANE_OF) == 0 then return {} end
  return redis.call('HMGET', LANE_OF, unpack(ids))
end

-- Owner and id of the nearest unfinished entry before this one, unless it is in the passed set. Those that are 'gone'
-- there are about to be finished as lost: what comes before them counts.
local function blocker(lane, id, passed)
  local upper = '(' .. lane .. sortable(id)
  while true do
    local mark = redis.call('ZREVRANGEBYLEX', LANES, upper, '[' .. lane, 'LIMIT', 0, 1)[1]
    if not mark then return nil end
    local before = idOfSortable(sub(mark, #lane + 1))
    if passed[before] == 'gone' then
      upper = '(' .. mark
    elseif passed[before] then
      return nil
    else
      local row = redis.call('XPENDING', STREAM, GROUP, before, before, 1)[1]
      if row then return row[2], before end
      redis.call('ZREM', LANES, mark)
      redis.call('HDEL', LANE_OF, before)
    end
  end
end

local function ownerMark(owner) return #owner .. ':' .. owner .. ':' end

-- Whether a pending entry is only kept for its owner, and not in its hands.
local function isKept(owner, id)
  local mark = ownerMark(owner) .. sortable(id)
  return redis.call('ZSCORE', WAITING, mark) or redis.call('ZSCORE', FREE, mark)
end

-- Whether an entry must wait: an unfinished one before it is not in this consumer's hands.
local function mustWait(lane, id, passed)
  local cursor = id
  while true do
    local owner, before = blocker(lane, cursor, passed)
    if not owner then return false end
    if owner ~= CONSUMER or isKept(owner, before) then return true end
    cursor = before
  end
end

-- Keeps a pending entry for this consumer; count is set where the delivery did not take place.
local function keepWaiting(id, count)
  local more = count and {'RETRYCOUNT', count, 'JUSTID'} or {'JUSTID'}
  redis.call('XCLAIM', STREAM, GROUP, CONSUMER, 0, id, unpack(more))
  redis.call('ZADD', WAITING, 0, ownerMark(CONSUMER) .. sortable(id))
end

-- Which of these entries are only kept for their owner; they no longer are.
local function takeKept(owner, ids)
  local kept = {}
  if not ORDERED or #ids == 0 or redis.call('EXISTS', WAITING, FREE) == 0 then return kept end
  local mark, marks = ownerMark(owner), {}
  for i = 1, #ids do marks[i] = mark .. sortable(ids[i]) end
  for _, key in ipairs({WAITING, FREE}) do
    for i, score in ipairs(redis.call('ZMSCORE', key, unpack(marks))) do
      if score then kept[ids[i]] = true end
    end
    redis.call('ZREM', key, unpack(marks))
  end
  return kept
end

local function keptFor(key, count)
  local mark, ids = ownerMark(CONSUMER), {}
  local marks = redis.call('ZRANGEBYLEX', key, '[' .. mark, '(' .. mark .. 'u', 'LIMIT', 0, count)
  for i = 1, #marks do ids[i] = idOfSortable(sub(marks[i], #mark + 1)) end
  return ids
end

local function waitingCount()
  local mark = ownerMark(CONSUMER)
  return redis.call('ZLEXCOUNT', WAITING, '[' .. mark, '(' .. mark .. 'u')
end

local function wakeAll() redis.call('XADD', WAKE, 'MAXLEN', 1, '*', 'c', CONSUMER) end

-- Entries of these keys were finished: those that now come first are set free, with what follows them at the same
-- consumer. At most so many a key; the next commit goes on.
local FREED_MAX = 100
local function setFree(lanes)
  if #lanes == 0 or redis.call('EXISTS', WAITING) == 0 then return end
  local freed = false
  for _, lane in ipairs(lanes) do
    local marks = redis.call('ZRANGEBYLEX', LANES, '[' .. lane, '(' .. lane .. 'u', 'LIMIT', 0,
      FREED_MAX)
    local first, from = nil, 0
    while not first and from < #marks do
      from = from + 1
      local id = idOfSortable(sub(marks[from], #lane + 1))
      local row = redis.call('XPENDING', STREAM, GROUP, id, id, 1)[1]
      first = row and row[2]
    end
    if first then
      -- Most keys have nothing that waits: one call for all of a key tells that.
      local owner, waiting, last = ownerMark(first), {}, 0
      for i = from, #marks do waiting[i - from + 1] = owner .. sub(marks[i], #lane + 1) end
      for i, score in ipairs(redis.call('ZMSCORE', WAITING, unpack(waiting))) do
        if score then last = i end
      end
      for i = 1, last do
        local id = idOfSortable(sub(marks[from + i - 1], #lane + 1))
        local row = redis.call('XPENDING', STREAM, GROUP, id, id, 1)[1]
        if row then
          if row[2] ~= first then break end
          if redis.call('ZREM', WAITING, waiting[i]) == 1 then
            redis.call('ZADD', FREE, 0, waiting[i])
            freed = true
          end
        end
      end
    end
  end
  if freed then wakeAll() end
end

-- Notes the keys of entries {id, fields} that are being handed out.
local function register(entries)
  if not ORDERED then return end
  local marks, lanes = {}, {NOT_A_LIST, LONG}
  for i = 1, #entries do
    local id, lane = entries[i][1], entries[i][2] and laneOf(entries[i][2])
    if lane then
      marks[#marks + 1], marks[#marks + 2] = '0', lane .. sortable(id)
      lanes[#lanes + 1], lanes[#lanes + 2] = id, lane
    end
  end
  if #marks == 0 then return end
  redis.call('ZADD', LANES, unpack(marks))
  redis.call('HSET', LANE_OF, unpack(lanes))
end
`;

/**
 * The answer for entries {id, fields}: themselves, how often each was handed out (false: all of them once), and what is
 * known of their failures (false: nothing).
 */
export const HAND_OUT = `
local function handOut(entries, counts)
  local deliveries, retries = false, false
  if #entries > 0 and counts then
    deliveries = {}
    for i = 1, #entries do deliveries[i] = counts[entries[i][1]] or 1 end
  end
  if #entries > 0 and redis.call('EXISTS', RETRIES) == 1 then
    local ids = {}
    for i = 1, #entries do ids[i] = entries[i][1] end
    retries = redis.call('HMGET', RETRIES, unpack(ids))
  end
  return {entries, deliveries, retries}
end
`;
