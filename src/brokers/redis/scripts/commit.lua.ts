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
import { ANSWERS, CONSUMER, IDS, OWNED } from "./words.lua.ts";

/** Types, epoch and token. KEYS[11…]: pairs of an output stream and its incarnation. */
const CHECKS = `
local TOKEN, COUNT, KINDS, WITH_DONE, FRESH = ARGV[5], tonumber(ARGV[6]), ARGV[7], ARGV[8] == '1', ARGV[9]
local FIRST = 10
local LAST = FIRST + COUNT - 1
checkTypes()
local newStreams = {}
for k = 11, #KEYS, 2 do
  newStreams[k] = checkType(k, 'stream') == 'none'
  checkType(k + 1, 'string')
end
local state = loadState()

local function answer(kind, verdicts, savedAtMs)
  local doneCount = redis.call('ZCARD', DONE)
  local done = WITH_DONE and doneCount > 0 and redis.call('ZRANGE', DONE, 0, -1) or {}
  return {kind, verdicts, state.position, state.incarnation, savedAtMs, doneCount, assignedCount(),
    done}
end

local verdictsEnd = state.token and string.find(state.token, ' ', 1, true)
if verdictsEnd and string.sub(state.token, verdictsEnd + 1) == TOKEN then
  redis.call('XPENDING', STREAM, GROUP, '-', '+', 1)
  return answer('already', string.sub(state.token, 1, verdictsEnd - 1), state.savedAtMs or '0')
end
`;

/**
 * What may be done with each id: `c` commit, `d` done before, `f` not this consumer's. An id at or below the position
 * or in the done-set is done, also when it was handed out again (V4, V5).
 */
const VERDICTS = `
local counts = ownedAmong(FIRST, LAST)
local finishedBefore = {}
if redis.call('ZLEXCOUNT', DONE, '[' .. sortable(ARGV[FIRST]), '[' .. sortable(ARGV[LAST])) > 0 then
  local members = {}
  for i = 1, COUNT do members[i] = sortable(ARGV[FIRST + i - 1]) end
  for i, score in ipairs(redis.call('ZMSCORE', DONE, unpack(members))) do
    if score then finishedBefore[i] = true end
  end
end
local i = 1
while i <= COUNT and not below(state.position, ARGV[FIRST + i - 1]) do
  finishedBefore[i] = true
  i = i + 1
end
local verdicts = {}
for i = 1, COUNT do
  verdicts[i] = finishedBefore[i] and 'd' or counts[ARGV[FIRST + i - 1]] and 'c' or 'f'
end
`;

/**
 * The order of keys: an earlier entry of the key that is unfinished and not finished by this commit is in the way.
 * Pending for this consumer, the entry is held (`h`); at another one, it is fenced and handed on to it. Usually the
 * batch holds the lowest unfinished entries of each key, which one ranged read per key shows.
 */
const ORDER = `
local laneMarks, handOn = {}, {}

local function checkLane(lane, indexes, finishes)
  local lastId = ARGV[FIRST + indexes[#indexes] - 1]
  local unfinished = redis.call('ZRANGEBYLEX', LANES, '[' .. lane, '[' .. lane .. sortable(lastId),
    'LIMIT', 0, #indexes)
  local plain = true
  for j, index in ipairs(indexes) do
    local mark = lane .. sortable(ARGV[FIRST + index - 1])
    laneMarks[index] = mark
    if unfinished[j] ~= mark or not (finishes(index) or j == #indexes) then plain = false end
  end
  if plain then return end
  local free = {}
  for _, index in ipairs(indexes) do
    local id = ARGV[FIRST + index - 1]
    if verdicts[index] == 'c' then
      local owner, idle = blocker(lane, id, free)
      if owner == CONSUMER then
        verdicts[index] = 'h'
      elseif owner then
        verdicts[index] = 'f'
        handOn[#handOn + 1] = {id, owner, idle}
      elseif finishes(index) then
        free[id] = true
      end
    end
  end
end

local DEFERRED = string.byte('d')
local function finishes(index)
  return verdicts[index] == 'c' and string.byte(KINDS, index) ~= DEFERRED
end

if ORDERED and redis.call('EXISTS', LANE_OF) == 1 then
  local lanes, members = {}, {}
  for index, lane in ipairs(redis.call('HMGET', LANE_OF, unpack(ARGV, FIRST, LAST))) do
    if lane then
      if verdicts[index] == 'd' then
        redis.call('ZREM', LANES, lane .. sortable(ARGV[FIRST + index - 1]))
        redis.call('HDEL', LANE_OF, ARGV[FIRST + index - 1])
      else
        if not members[lane] then
          lanes[#lanes + 1] = lane
          members[lane] = {}
        end
        table.insert(members[lane], index)
      end
    end
  end
  for _, lane in ipairs(lanes) do checkLane(lane, members[lane], finishes) end
end
`;

/** Outputs and dead letters: index of the settlement, number of the stream, number of parts, parts. */
const OUTPUTS = `
local cursor, appended = LAST + 1, {}
for index = 1, COUNT do
  if string.byte(KINDS, index) == DEFERRED then cursor = cursor + 1 end
end
while ARGV[cursor] do
  local index, k, parts = tonumber(ARGV[cursor]), 9 + 2 * tonumber(ARGV[cursor + 1]), tonumber(ARGV[cursor + 2])
  if verdicts[index] == 'c' then
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
local acknowledged, finished, marks, lost = {}, {}, {}, 0
local LOST = string.byte('l')
local nextDeferred, deferred = LAST + 1, {}
for index = 1, COUNT do
  local id, kind = ARGV[FIRST + index - 1], string.byte(KINDS, index)
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
if #deferred > 0 then redis.call('HSET', RETRIES, unpack(deferred)) end
if #acknowledged > 0 then
  redis.call('XACK', STREAM, GROUP, unpack(acknowledged))
  if redis.call('EXISTS', RETRIES) == 1 then redis.call('HDEL', RETRIES, unpack(acknowledged)) end
end
if #marks > 0 then
  redis.call('ZREM', LANES, unpack(marks))
  redis.call('HDEL', LANE_OF, unpack(finished))
end
for _, entry in ipairs(handOn) do assign(entry[1], entry[2], entry[3]) end
if lost > 0 then redis.call('HINCRBY', CHECKPOINT, 'lost', lost) end

local uniform = true
for index = 2, COUNT do
  if verdicts[index] ~= verdicts[1] then uniform = false break end
end
local text = uniform and verdicts[1] or table.concat(verdicts)
local savedAtMs = nowMs()
state.position = advance(state.position, finished)
redis.call('HSET', CHECKPOINT, 'schema', '1', 'incarnation', state.incarnation,
  'position', state.position, 'consumer', CONSUMER, 'epoch', EPOCH, 'savedAtMs', savedAtMs,
  't:' .. CONSUMER, text .. ' ' .. TOKEN)
if #finished > 0 then redis.call('HSET', CHECKPOINT, 'p:' .. CONSUMER, finished[#finished]) end
return answer('committed', text, savedAtMs)
`;

/**
 * ARGV: [5] token, [6] number of settlements, [7] a letter for each (`h` handled, `d` deferred, `x` dead letter, `l`
 * lost), [8] whether the done-set is wanted, [9] a fresh incarnation for output streams, [10…] ids; then "failures
 * dueAtMs" of each deferred one; then the outputs. Answers {kind, verdict letters (one stands for all), position,
 * incarnation, time, size of the done-set, assigned count, done-set}.
 */
export const COMMIT = defineScript("writes", [
  ANSWERS,
  IDS,
  CONSUMER,
  OWNED,
  LANES,
  PROGRESS,
  CHECKS,
  VERDICTS,
  ORDER,
  OUTPUTS,
  WRITES,
]);
