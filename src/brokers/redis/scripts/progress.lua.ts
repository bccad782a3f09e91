/**
 * How the checkpoint moves, shared by all scripts that finish entries. The rule is `advanceWatermark` of
 * domain/watermark.ts: the highest finished id below the first pending one, forward only. One thing is added: an id in
 * the done-set counts only up to the last delivered one, because after a group was made again at the watermark (V5)
 * entries below it may not have been read yet (I6). The same holds for the ids of a commit after a reset, until the
 * group has read again what it had read before (`resetBelow`).
 *
 * @module
 */

/** `loadState` reads the checkpoint, `advance` moves it over finished ids, which must have been acknowledged. */
export const PROGRESS = `
local function loadState()
  local values = redis.call('HMGET', CHECKPOINT, 'e:' .. CONSUMER, 'incarnation', 'position',
    't:' .. CONSUMER, 'savedAtMs', 'resetBelow')
  checkEpoch(values[1])
  local incarnation = redis.call('GET', INCARNATION)
  if not incarnation then fail('NOGROUP the stream has no incarnation, join again') end
  local position = values[3]
  if values[2] ~= incarnation or not position or not string.find(position, '^%d+%-%d+$') then
    position = '0-0'
  end
  return {incarnation = incarnation, position = position, token = values[4], savedAtMs = values[5],
    resetBelow = values[6]}
end

local function firstPending()
  local row = redis.call('XPENDING', STREAM, GROUP, '-', '+', 1)[1]
  return row and row[1]
end

local function advance(state, finished)
  local position, first, above = state.position, firstPending(), {}
  local hadDone, candidate, delivered, unreadBelow = redis.call('EXISTS', DONE) == 1
  if hadDone or state.resetBelow then delivered = groupFacts()['last-delivered-id'] end
  if state.resetBelow then
    unreadBelow = below(delivered, state.resetBelow)
    if not unreadBelow then redis.call('HDEL', CHECKPOINT, 'resetBelow') end
  end
  for i = #finished, 1, -1 do
    local isBehindAll = not (first and below(first, finished[i]))
      and not (unreadBelow and below(delivered, finished[i]))
    if isBehindAll then
      candidate = finished[i]
      break
    end
    above[#above + 1] = finished[i]
  end
  if hadDone then
    local bound = '[' .. sortable(delivered)
    if first and not below(delivered, first) then bound = '(' .. sortable(first) end
    local highest = redis.call('ZREVRANGEBYLEX', DONE, bound, '-', 'LIMIT', 0, 1)[1]
    if highest then
      local id = idOfSortable(highest)
      if not candidate or below(candidate, id) then candidate = id end
    end
  end
  if candidate and below(position, candidate) then position = candidate end
  local added = {}
  for i = 1, #above do
    if not below(position, above[i]) then break end
    added[#added + 1] = '0'
    added[#added + 1] = sortable(above[i])
  end
  if #added > 0 then redis.call('ZADD', DONE, unpack(added)) end
  if hadDone then redis.call('ZREMRANGEBYLEX', DONE, '-', '[' .. sortable(position)) end
  return position
end
`;

/**
 * Finishes entries whose data is gone (T7): acknowledged, counted, named to the caller. Later settlements of them are
 * answered `done`. What was handled before, and only came again after the group was set back, is not lost. Answers those
 * that are.
 */
export const FINISH_LOST = `
local function finishLost(ids)
  if #ids == 0 then return ids end
  table.sort(ids, below) -- free and handed-back ones came one after the other
  local state, lost = loadState(), {}
  for _, id in ipairs(ids) do
    if below(state.position, id) and not redis.call('ZSCORE', DONE, sortable(id)) then lost[#lost + 1] = id end
  end
  redis.call('XACK', STREAM, GROUP, unpack(ids))
  redis.call('HDEL', RETRIES, unpack(ids))
  if redis.call('EXISTS', LANE_OF) == 1 then
    local lanes = {}
    for i, lane in ipairs(redis.call('HMGET', LANE_OF, unpack(ids))) do
      if lane then
        redis.call('ZREM', LANES, lane .. sortable(ids[i]))
        lanes[#lanes + 1] = lane
      end
    end
    redis.call('HDEL', LANE_OF, unpack(ids))
    setFree(lanes)
  end
  if #lost > 0 then redis.call('HINCRBY', CHECKPOINT, 'lost', #lost) end
  redis.call('HSET', CHECKPOINT, 'schema', '1', 'incarnation', state.incarnation,
    'position', advance(state, ids), 'consumer', CONSUMER, 'epoch', EPOCH,
    'savedAtMs', nowMs())
  return lost
end
`;
