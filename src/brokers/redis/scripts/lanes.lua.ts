/**
 * The order of keys: for every key, the unfinished entries of the group in id order, and who may have the next one. An
 * entry is handed out only if no earlier entry of its key is unfinished at another consumer; otherwise it is assigned
 * to that consumer.
 *
 * A key's mark is `<bytes>:<key>:`, or `sha1:<digest>:` above 64 bytes, so that no mark begins another one, and all
 * entries of a key stand together in the zset of marks and sortable ids.
 *
 * @module
 */

/** Marks, predecessors and assignments. */
export const LANES = `
local function laneOf(fields)
  for i = 1, #fields, 2 do
    if fields[i] == 'key' then
      local key = fields[i + 1]
      if #key > 64 then return 'sha1:' .. redis.sha1hex(key) .. ':' end
      return #key .. ':' .. key .. ':'
    end
  end
end

local function lanesOf(ids)
  if not ORDERED or #ids == 0 or redis.call('EXISTS', LANE_OF) == 0 then return {} end
  return redis.call('HMGET', LANE_OF, unpack(ids))
end

-- Owner, idle time and id of the nearest unfinished entry before this one, unless it is in the free set.
local function blocker(lane, id, free)
  local upper = '(' .. lane .. sortable(id)
  while true do
    local mark = redis.call('ZREVRANGEBYLEX', LANES, upper, '[' .. lane, 'LIMIT', 0, 1)[1]
    if not mark then return nil end
    local before = idOfSortable(string.sub(mark, #lane + 1))
    if free[before] then return nil end
    local row = redis.call('XPENDING', STREAM, GROUP, before, before, 1)[1]
    if row then return row[2], row[3], before end
    redis.call('ZREM', LANES, mark)
    redis.call('HDEL', LANE_OF, before)
  end
end

local function ownerMark(owner) return #owner .. ':' .. owner .. ':' end

-- Owner and idle time of the lowest unfinished entry of a key, where all that is blocked gathers; otherwise
-- two consumers that hold a part each would pass what follows to and fro. What is given back has no owner to wait at.
local function gatheringPlace(lane, free)
  while true do
    local mark = redis.call('ZRANGEBYLEX', LANES, '[' .. lane, '(' .. lane .. 'u', 'LIMIT', 0, 1)[1]
    if not mark then return nil end
    local lowest = idOfSortable(sub(mark, #lane + 1))
    local row = redis.call('XPENDING', STREAM, GROUP, lowest, lowest, 1)[1]
    if row then
      if free[lowest] or row[2] == RELEASED then return nil end
      return row[2], row[3]
    end
    redis.call('ZREM', LANES, mark)
    redis.call('HDEL', LANE_OF, lowest)
  end
end

-- Where an entry must go instead of being handed to this consumer: owner and idle time, or nil. All unfinished
-- entries before it must be in this consumer's hands; what only waits for this consumer is not.
local function mustFollow(lane, id, free)
  local cursor = id
  while true do
    local owner, idle, before = blocker(lane, cursor, free)
    if not owner then return nil end
    if owner ~= CONSUMER
      or redis.call('ZSCORE', ASSIGNED, ownerMark(CONSUMER) .. sortable(before)) then
      local place, placeIdle = gatheringPlace(lane, free)
      if place then return place, placeIdle end
      return owner, idle
    end
    cursor = before
  end
end

-- Makes a pending entry wait at another consumer; count is set where the delivery did not take place.
local function assign(id, owner, idle, count)
  local more = count and {'RETRYCOUNT', count, 'JUSTID'} or {'JUSTID'}
  if owner == RELEASED then
    redis.call('XCLAIM', STREAM, GROUP, owner, 0, id, 'TIME', 0, unpack(more))
  else
    redis.call('XCLAIM', STREAM, GROUP, owner, 0, id, 'IDLE', idle, unpack(more))
    redis.call('ZADD', ASSIGNED, 0, ownerMark(owner) .. sortable(id))
  end
end

-- Which of this consumer's entries only wait for it; they no longer do.
local function takeAssigned(ids)
  if not ORDERED or #ids == 0 or redis.call('EXISTS', ASSIGNED) == 0 then return {} end
  local mark, marks, waited = ownerMark(CONSUMER), {}, {}
  for i = 1, #ids do marks[i] = mark .. sortable(ids[i]) end
  for i, score in ipairs(redis.call('ZMSCORE', ASSIGNED, unpack(marks))) do
    if score then waited[ids[i]] = true end
  end
  redis.call('ZREM', ASSIGNED, unpack(marks))
  return waited
end

local function assignedCount()
  if not ORDERED then return 0 end
  local mark = ownerMark(CONSUMER)
  return redis.call('ZLEXCOUNT', ASSIGNED, '[' .. mark, '(' .. mark .. 'u')
end

-- Notes the keys of entries {id, fields} that are being handed out.
local function register(entries)
  if not ORDERED then return end
  local marks, lanes = {}, {}
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
