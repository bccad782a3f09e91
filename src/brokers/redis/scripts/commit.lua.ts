/**
 * The commit: one script, checks first, writes after, because Redis does not undo what a failing script has written
 * (T20). The first writes are the outputs, and they alone are undone by hand when one of them is refused, so that a
 * commit is all or nothing.
 *
 * @module
 */

import { LANES } from "./lanes.lua.ts";
import { PROGRESS } from "./progress.lua.ts";
import { defineScript } from "./script.ts";
import { ANSWERS, CONSUMER, GONE, IDS, OWNED } from "./words.lua.ts";

/** Types, epoch and token. KEYS[13…]: pairs of an output stream and its incarnation. */
const CHECKS = `
local TOKEN, COUNT, KINDS, WITH_DONE, FRESH = ARGV[5], tonumber(ARGV[6]), ARGV[7], ARGV[8] == '1', ARGV[9]
local FIRST = 10
local LAST = FIRST + COUNT - 1
checkTypes()
local newStreams = {}
for k = 13, #KEYS, 2 do
  newStreams[k] = checkType(k, 'stream') == 'none'
  checkType(k + 1, 'string')
end
local state = loadState()

local function answer(kind, verdicts, savedAtMs)
  local doneCount = redis.call('ZCARD', DONE)
  local done = WITH_DONE and doneCount > 0 and redis.call('ZRANGE', DONE, 0, -1) or {}
  return {kind, verdicts, state.position, state.incarnation, savedAtMs, doneCount, done}
end

local verdictsEnd = state.token and string.find(state.token, ' ', 1, true)
if TOKEN ~= '' and verdictsEnd and string.sub(state.token, verdictsEnd + 1) == TOKEN then
  redis.call('XPENDING', STREAM, GROUP, '-', '+', 1)
  return answer('already', string.sub(state.token, 1, verdictsEnd - 1), state.savedAtMs or '0')
end
`;

/**
 * What may be done with each id: `c` commit, `d` done before, `f` not this consumer's. An id at or below the position
 * or in the done-set is done, also when it was handed out again (V4, V5).
 *
 * Usually the batch is all that is pending up to its last id; that is `alone`, and no key has to be looked at.
 */
const VERDICTS = `
local function idAt(index) return ARGV[FIRST + index - 1] end
local alone = firstPending() == ARGV[FIRST]
if alone then
  local rows = redis.call('XPENDING', STREAM, GROUP, ARGV[FIRST], ARGV[LAST], COUNT + 1)
  alone = #rows == COUNT
  for i = 1, alone and COUNT or 0 do
    if rows[i][1] ~= idAt(i) or rows[i][2] ~= CONSUMER then
      alone = false
      break
    end
  end
end

local doneHere = not below(state.position, ARGV[FIRST])
  or redis.call('ZLEXCOUNT', DONE, '[' .. sortable(ARGV[FIRST]), '[' .. sortable(ARGV[LAST])) > 0
local plain = alone and not doneHere and (KINDS == 'h' or KINDS == 'x')

local verdicts, counts = {}, {}
if not plain then
  local finishedBefore = {}
  counts = ownedAmong(FIRST, LAST)
  if doneHere then
    local members = {}
    for i = 1, COUNT do members[i] = sortable(idAt(i)) end
    for i, score in ipairs(redis.call('ZMSCORE', DONE, unpack(members))) do
      finishedBefore[i] = score or not below(state.position, idAt(i))
    end
  end
  for i = 1, COUNT do
    verdicts[i] = finishedBefore[i] and 'd' or counts[idAt(i)] and 'c' or 'f'
  end
end

local DEFERRED, LOST = string.byte('d'), string.byte('l')
local sameKind = #KINDS == 1
local function kindAt(index) return string.byte(KINDS, sameKind and 1 or index) end
local function accepted(index) return plain or verdicts[index] == 'c' end
local function finishes(index) return accepted(index) and kindAt(index) ~= DEFERRED end
`;

/**
 * The order of keys: an earlier entry of the key that is unfinished and not finished by this commit is in the way.
 * In this consumer's hands, the entry is held (`h`); elsewhere, it is fenced (`f`) and waits. A lost one waits for
 * nobody: nothing comes of it that could be out of order. Usually the
 * batch holds the lowest unfinished entries of each key, which one ranged read per key shows.
 */
const ORDER = `
local laneMarks, touched, toKeep, keeps = {}, {}, {}, {}

local function checkLane(lane, indexes)
  local last = idAt(indexes[#indexes])
  local unfinished = redis.call('ZRANGEBYLEX', LANES, '[' .. lane, '[' .. lane .. sortable(last),
    'LIMIT', 0, #indexes)
  local inOrder = true
  for j, index in ipairs(indexes) do
    if unfinished[j] ~= laneMarks[index] or not (finishes(index) or j == #indexes) then
      inOrder = false
    end
  end
  if inOrder then return end
  local free = {}
  for _, index in ipairs(indexes) do
    local id = idAt(index)
    if verdicts[index] == 'c' and kindAt(index) == LOST then
      free[id] = 'gone'
    elseif verdicts[index] == 'c' then
      local owner, before = blocker(lane, id, free)
      if owner == CONSUMER and not keeps[before] and not isKept(owner, before) then
        verdicts[index] = 'h'
      elseif owner then
        verdicts[index] = 'f'
        toKeep[#toKeep + 1] = id
        keeps[id] = true
      elseif finishes(index) then
        free[id] = true
      end
    end
  end
end

if ORDERED and redis.call('EXISTS', LANE_OF) == 1 then
  local lanes, members = {}, {}
  for index, lane in ipairs(redis.call('HMGET', LANE_OF, unpack(ARGV, FIRST, LAST))) do
    if lane then
      laneMarks[index] = lane .. sortable(idAt(index))
      if not touched[lane] then
        touched[lane] = true
        touched[#touched + 1] = lane
      end
      if verdicts[index] == 'd' then
        -- At another consumer it stays pending, and in the way of its key, until that one has settled it.
        if counts[idAt(index)] then
          redis.call('ZREM', LANES, laneMarks[index])
          redis.call('HDEL', LANE_OF, idAt(index))
        end
      elseif not plain then
        if not members[lane] then
          lanes[#lanes + 1] = lane
          members[lane] = {}
        end
        table.insert(members[lane], index)
      end
    end
  end
  for _, lane in ipairs(lanes) do checkLane(lane, members[lane]) end
end
`;

/** Outputs and dead letters: index of the settlement, number of the stream, number of parts, parts. */
const OUTPUTS = `
local cursor, appended = LAST + 1, {}
if not plain then
  for index = 1, COUNT do
    if kindAt(index) == DEFERRED then cursor = cursor + 1 end
  end
end
-- Rights may have changed since the join; outputs without their acknowledgement must not be written.
if ARGV[cursor] then
  for _, command in ipairs({{'XACK', STREAM, GROUP, '0-0'}, {'HSET', CHECKPOINT, 'schema', '1'}}) do
    if not redis.acl_check_cmd(unpack(command)) then fail('NOPERM ' .. command[1]) end
  end
end
while ARGV[cursor] do
  local index, k, parts = tonumber(ARGV[cursor]), 11 + 2 * tonumber(ARGV[cursor + 1]), tonumber(ARGV[cursor + 2])
  if accepted(index) then
    local id = redis.pcall('XADD', KEYS[k], '*', unpack(ARGV, cursor + 3, cursor + 2 + parts))
    if type(id) == 'table' then
      for _, undo in ipairs(appended) do redis.call('XDEL', KEYS[undo[1]], undo[2]) end
      if string.find(id.err, 'exhausted', 1, true) then fail('EXHAUSTED ' .. k) end
      fail(id.err)
    end
    appended[#appended + 1] = {k, id}
  end
  cursor = cursor + 3 + parts
end
for _, output in ipairs(appended) do
  if newStreams[output[1]] then redis.call('SET', KEYS[output[1] + 1], FRESH) end
end
`;

/** Everything else that the commit writes. */
const WRITES = `
local acknowledged, finished, marks, lost, deferred = {}, {}, {}, 0, {}
if plain then
  finished = {unpack(ARGV, FIRST, LAST)}
  acknowledged = finished
  for _, mark in pairs(laneMarks) do marks[#marks + 1] = mark end
else
  local nextDeferred = LAST + 1
  for index = 1, COUNT do
    local id, kind = idAt(index), kindAt(index)
    if finishes(index) then
      acknowledged[#acknowledged + 1] = id
      finished[#finished + 1] = id
      marks[#marks + 1] = laneMarks[index]
      if kind == LOST then lost = lost + 1 end
    elseif verdicts[index] == 'c' then
      deferred[#deferred + 1] = id
      deferred[#deferred + 1] = ARGV[nextDeferred]
    elseif verdicts[index] == 'd' and counts[id] then
      acknowledged[#acknowledged + 1] = id
    end
    if kind == DEFERRED then nextDeferred = nextDeferred + 1 end
  end
end
if #deferred > 0 then redis.call('HSET', RETRIES, unpack(deferred)) end
if #acknowledged > 0 then
  redis.call('XACK', STREAM, GROUP, unpack(acknowledged))
  if redis.call('EXISTS', RETRIES) == 1 then redis.call('HDEL', RETRIES, unpack(acknowledged)) end
end
takeKept(CONSUMER, acknowledged)
if #marks > 0 then
  redis.call('ZREM', LANES, unpack(marks))
  redis.call('HDEL', LANE_OF, unpack(finished))
end
for _, id in ipairs(toKeep) do
  -- XCLAIM would take an entry without data off the pending list, uncounted (T7).
  if gone(id) then
    redis.call('ZADD', WAITING, 0, ownerMark(CONSUMER) .. sortable(id))
  else
    keepWaiting(id)
  end
end
setFree(touched)
if lost > 0 then redis.call('HINCRBY', CHECKPOINT, 'lost', lost) end

local text = 'c'
if not plain then
  text = table.concat(verdicts)
  if text == string.rep(verdicts[1], COUNT) then text = verdicts[1] end
end
local savedAtMs = nowMs()
state.position = advance(state, finished)
redis.call('HSET', CHECKPOINT, 'schema', '1', 'incarnation', state.incarnation,
  'position', state.position, 'consumer', CONSUMER, 'epoch', EPOCH, 'savedAtMs', savedAtMs)
if TOKEN ~= '' then redis.call('HSET', CHECKPOINT, 't:' .. CONSUMER, text .. ' ' .. TOKEN) end
if #finished > 0 then redis.call('HSET', CHECKPOINT, 'p:' .. CONSUMER, finished[#finished]) end
return answer('committed', text, savedAtMs)
`;

/**
 * ARGV: [5] token or '' for none to keep, [6] number of settlements, [7] a letter for each or one for all (`h` handled, `d` deferred, `x`
 * dead letter, `l` lost), [8] whether the done-set is wanted, [9] a fresh incarnation for output streams, [10…] ids; then "failures
 * dueAtMs" of each deferred one; then the outputs. Answers {kind, verdict letters (one stands for all), position,
 * incarnation, time, size of the done-set, done-set}.
 */
export const COMMIT = defineScript("writes", [
  ANSWERS,
  IDS,
  CONSUMER,
  OWNED,
  GONE,
  LANES,
  PROGRESS,
  CHECKS,
  VERDICTS,
  ORDER,
  OUTPUTS,
  WRITES,
]);
