/**
 * Scripts of a consumer's start: take the name, make stream, group and checkpoint, read the checkpoint.
 *
 * @module
 */

import { COUNTING, ENTRIES_READ } from "./losses.lua.ts";
import { defineScript } from "./script.ts";
import { ANSWERS, CONSUMER, IDS, STREAM_FACTS } from "./words.lua.ts";

/** The stored checkpoint as it is: fields in this order, then the done-set. `decodeCheckpoint` judges it. */
const RAW_CHECKPOINT = `
local function rawCheckpoint()
  return {redis.call('HMGET', CHECKPOINT, 'schema', 'incarnation', 'position', 'consumer', 'epoch',
    'savedAtMs', 'added'), redis.call('ZRANGE', DONE, 0, -1)}
end
`;

/** A user without a right that the other scripts need learns it here, before one of them stops half-way (T20). */
const CHECK_RIGHTS = `
for _, command in ipairs({
  {'XADD', STREAM, '*', 'a', '1'}, {'XDEL', STREAM, '0-0'}, {'XACK', STREAM, GROUP, '0-0'},
  {'XRANGE', STREAM, '-', '+'}, {'XPENDING', STREAM, GROUP}, {'XINFO', 'STREAM', STREAM},
  {'XCLAIM', STREAM, GROUP, CONSUMER, '0', '0-0'}, {'XGROUP', 'SETID', STREAM, GROUP, '0-0'},
  {'XREADGROUP', 'GROUP', GROUP, CONSUMER, 'STREAMS', STREAM, '>'}, {'TYPE', STREAM},
  {'XREAD', 'STREAMS', STREAM, '0-0'}, {'SET', INCARNATION, '1'}, {'GET', INCARNATION},
  {'DEL', INCARNATION}, {'EXISTS', INCARNATION}, {'SADD', GROUPS, GROUP},
  {'HGET', CHECKPOINT, 'a'}, {'HMGET', CHECKPOINT, 'a'}, {'HSET', CHECKPOINT, 'a', '1'},
  {'HDEL', CHECKPOINT, 'a'}, {'HINCRBY', CHECKPOINT, 'a', '1'}, {'ZADD', DONE, '0', 'a'},
  {'ZREM', DONE, 'a'}, {'ZCARD', DONE}, {'ZRANGE', DONE, '0', '-1'}, {'ZSCORE', DONE, 'a'},
  {'ZMSCORE', DONE, 'a'}, {'ZLEXCOUNT', DONE, '-', '+'}, {'ZRANGEBYLEX', DONE, '-', '+'},
  {'ZREVRANGEBYLEX', DONE, '+', '-'}, {'ZREMRANGEBYLEX', DONE, '-', '+'},
  {'RPUSH', QUARANTINED, 'a'}, {'TIME'},
}) do
  if not redis.acl_check_cmd(unpack(command)) then fail('NOPERM ' .. command[1]) end
end
`;

/** Moves the stored checkpoint aside, with its done-set, to be looked at later; it is never deleted (V9). */
export const MOVE_ASIDE = `
local FIELDS = {'schema', 'incarnation', 'position', 'consumer', 'epoch', 'savedAtMs', 'added'}
local function moveAside()
  local values = redis.call('HMGET', CHECKPOINT, unpack(FIELDS))
  local record = {atMs = nowMs(), done = redis.call('ZRANGE', DONE, 0, -1)}
  if not values[1] and not values[3] and #record.done == 0 then return end -- there is none
  for i, name in ipairs(FIELDS) do record[name] = values[i] or nil end
  redis.call('RPUSH', QUARANTINED, cjson.encode(record))
  redis.call('HDEL', CHECKPOINT, unpack(FIELDS))
  redis.call('DEL', DONE)
end
`;

/**
 * ARGV[3]: a zero and the ticket, [5]: a fresh incarnation. Answers {epoch, time, stream facts, group facts,
 * checkpoint}. A missing stream loses its incarnation, so that the next one of this name is known as another.
 *
 * A ticket is a process's mark and the number of its join. A join that comes after a later one of the same process was
 * kept back by the network until that process had given it up: it must not take the name from it.
 */
export const JOIN = defineScript("writes", [
  ANSWERS,
  IDS,
  CONSUMER,
  STREAM_FACTS,
  RAW_CHECKPOINT,
  CHECK_RIGHTS,
  ENTRIES_READ,
  COUNTING,
  `
local exists = checkTypes()
local epochField = 'e:' .. CONSUMER
local stored = redis.call('HGET', CHECKPOINT, epochField)
local last = stored and string.match(stored, '^%-?(%d+)')
local life, number = string.match(stored or '', ' (.*)%.(%d+)$')
local ownLife, ownNumber = string.match(JOINED, ' (.*)%.(%d+)$')
if life and life == ownLife and tonumber(number) > tonumber(ownNumber) then fail('FENCED ' .. last) end
local epoch = last and #last <= 15 and tonumber(last) + 1 or 1
redis.call('HSET', CHECKPOINT, epochField, string.format('%.0f', epoch) .. string.match(JOINED, ' .*$'))
redis.call('SADD', GROUPS, GROUP)
local mark = #CONSUMER .. ':' .. CONSUMER .. ':'
for _, key in ipairs({WAITING, FREE}) do
  redis.call('ZREMRANGEBYLEX', key, '[' .. mark, '(' .. mark .. 'u')
end
local stream, group = false, false
if exists then
  stream = streamFacts(STREAM, ensureIncarnation(INCARNATION, ARGV[5]))
  local facts = groupFacts()
  if facts then
    local own = 0
    for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', STREAM, GROUP)) do
      local consumer = byName(flat)
      if consumer.name == CONSUMER then own = consumer.pending end
    end
    local first = redis.call('XPENDING', STREAM, GROUP, '-', '+', 1)[1]
    local count, loss = countOfRead(facts), false
    if count then
      local lost, after, before = lossOf(facts, byName(redis.call('XINFO', 'STREAM', STREAM)), count)
      if not lost then count = nil
      elseif lost > 0 then loss = {lost, after, before} end
    end
    group = {facts['last-delivered-id'], count or false, facts.pending, first and first[1] or false, own, loss}
  end
else
  redis.call('DEL', INCARNATION)
end
return {epoch, nowMs(), stream, group, rawCheckpoint()}
`,
]);

/**
 * ARGV[5] create the stream, [6] what to do with the group, [7] its position, [8] write the checkpoint (`new`: only with
 * a group that is made here), [9] its position, [10] quarantine first, [11] a fresh incarnation, [12] check the stored
 * checkpoint against [13] incarnation and [14] position, [15] how many lost entries to account for, [16…] the done-set.
 * Answers how many were.
 */
export const ESTABLISH = defineScript("writes", [
  ANSWERS,
  IDS,
  CONSUMER,
  STREAM_FACTS,
  MOVE_ASIDE,
  ENTRIES_READ,
  COUNTING,
  `
local mayCreate, action, start = ARGV[5] == '1', ARGV[6], ARGV[7]
local position, quarantines, fresh = ARGV[9], ARGV[10] == '1', ARGV[11]
local exists = checkTypes()
checkEpoch(redis.call('HGET', CHECKPOINT, 'e:' .. CONSUMER))
if not exists and not mayCreate then fail('STREAMMISSING') end
if ARGV[12] == '1' then
  local stored = redis.call('HMGET', CHECKPOINT, 'incarnation', 'position')
  if (stored[1] or '') ~= ARGV[13] or (stored[2] or '') ~= ARGV[14] then fail('CHANGED') end
end
local group, stream = nil, EMPTY_STREAM
if exists then
  group = groupFacts()
  stream = byName(redis.call('XINFO', 'STREAM', STREAM))
end
local isNewGroup, lastId = not group, stream['last-generated-id']
if action == 'advance' and not group then fail('NOGROUP the group is gone, join again') end
local sets = action == 'reset' or (action == 'create' and not group)
  or (action == 'advance' and below(group['last-delivered-id'], start))
-- A group beyond the end would skip entries without a word (T4).
if sets and below(lastId, start) then fail('BEYONDEND ' .. lastId) end

if not exists then
  redis.call('XGROUP', 'CREATE', STREAM, RELEASED, '0-0', 'MKSTREAM')
  redis.call('XGROUP', 'DESTROY', STREAM, RELEASED)
  redis.call('SET', INCARNATION, fresh)
end
local incarnation = ensureIncarnation(INCARNATION, fresh)
if sets then
  if group then
    local delivered = group['last-delivered-id']
    if below(start, delivered) then
      local known = redis.call('HGET', CHECKPOINT, 'resetBelow')
      if not known or below(known, delivered) then
        redis.call('HSET', CHECKPOINT, 'resetBelow', delivered)
      end
    end
    redis.call('XGROUP', 'SETID', STREAM, GROUP, start)
  else
    redis.call('XGROUP', 'CREATE', STREAM, GROUP, start, withEntriesRead(entriesReadAt(start, stream)))
    redis.call('DEL', LANES, LANE_OF, WAITING, FREE)
    redis.call('HDEL', CHECKPOINT, 'resetBelow')
  end
  redis.call('HDEL', CHECKPOINT, 'read', 'countedBy')
end
local accounted = 0
group = groupFacts()
if group and sets then
  local count = entriesReadAt(start, stream)
  setCount(group, count)
  keepCount(group, count)
  noteChecked(start)
elseif group then
  accounted = account(group, stream, tonumber(ARGV[15]))
end

if quarantines then moveAside() end

if ARGV[8] == '1' or (ARGV[8] == 'new' and sets and isNewGroup) then
  local stored = redis.call('HMGET', CHECKPOINT, 'incarnation', 'position')
  local usable = stored[2] and string.find(stored[2], '^%d+%-%d+$')
  local replaces = action == 'reset' or stored[1] ~= incarnation or not usable
  if replaces then
    redis.call('DEL', DONE)
    if stored[1] and stored[1] ~= incarnation then redis.call('DEL', RETRIES) end
  end
  if replaces or not below(position, stored[2]) then
    for i = 16, #ARGV do redis.call('ZADD', DONE, 0, sortable(ARGV[i])) end
    redis.call('ZREMRANGEBYLEX', DONE, '-', '[' .. sortable(position))
    redis.call('HSET', CHECKPOINT, 'schema', '1', 'incarnation', incarnation,
      'position', position, 'consumer', CONSUMER, 'epoch', EPOCH, 'savedAtMs', nowMs())
  end
end
redis.call('HSET', CHECKPOINT, 'added', byName(redis.call('XINFO', 'STREAM', STREAM))['entries-added'])
return accounted
`,
]);

/** Answers the stored checkpoint as it is. */
export const LOAD_CHECKPOINT = defineScript("reads", [
  ANSWERS,
  CONSUMER,
  RAW_CHECKPOINT,
  `
checkTypes()
return rawCheckpoint()
`,
]);

/** ARGV[5] an id, [6] how often its handler failed. Passed over when the entry is not this consumer's. */
export const RECORD_FAILURE = defineScript("writes", [
  ANSWERS,
  CONSUMER,
  `
checkMember()
local row = redis.call('XPENDING', STREAM, GROUP, ARGV[5], ARGV[5], 1, CONSUMER)[1]
if row then redis.call('HSET', RETRIES, ARGV[5], ARGV[6] .. ' 0') end
`,
]);
