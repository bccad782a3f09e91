/**
 * Scripts for groups as an operator sees them. None destroys unfinished entries unless told to (T12).
 *
 * @module
 */

import { ENTRIES_READ } from "./losses.lua.ts";
import { defineScript } from "./script.ts";
import { ANSWERS, CONSUMER, IDS, STREAM_FACTS } from "./words.lua.ts";

/** Consumers with pending entries or an epoch: a table of name to {pending, epoch}, without the empty holder. */
const MEMBERS = `
local function members(group, checkpoint)
  local found = {}
  for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', STREAM, group)) do
    local consumer = byName(flat)
    if consumer.pending > 0 and consumer.name ~= 'tidemark:released' then found[consumer.name] = {consumer.pending, '0'} end
  end
  local values = redis.call('HGETALL', checkpoint)
  for i = 1, #values, 2 do
    if string.sub(values[i], 1, 2) == 'e:' then
      local name = string.sub(values[i], 3)
      local epoch = string.match(values[i + 1], '^%-?(%d+)') or values[i + 1]
      found[name] = {found[name] and found[name][1] or 0, epoch}
    end
  end
  return found
end
`;

/**
 * ARGV[5] kind of start (`first`, `last`, `after`, `time`), [6] an id, [7] make the stream, [8] a fresh incarnation.
 * Answers 1 when the group was made.
 */
export const CREATE_GROUP = defineScript("writes", [
  ANSWERS,
  IDS,
  CONSUMER,
  STREAM_FACTS,
  ENTRIES_READ,
  `
local exists = checkTypes()
if not exists and ARGV[7] ~= '1' then fail('STREAMMISSING') end
if exists and groupFacts() then return 0 end
local facts = exists and byName(redis.call('XINFO', 'STREAM', STREAM)) or EMPTY_STREAM
local lastId = facts['last-generated-id']
local kind, start = ARGV[5], ARGV[6]
local beyond = below(lastId, start)
if kind == 'after' and beyond then fail('BEYONDEND ' .. lastId) end
if kind == 'last' or (kind == 'time' and beyond) then start = lastId end
redis.call('XGROUP', 'CREATE', STREAM, GROUP, start, 'MKSTREAM', withEntriesRead(entriesReadAt(start, facts)))
redis.call('DEL', LANES, LANE_OF, WAITING, FREE)
if not exists then redis.call('DEL', INCARNATION) end
ensureIncarnation(INCARNATION, ARGV[8])
redis.call('SADD', GROUPS, GROUP)
return 1
`,
]);

/** ARGV[5]: also with pending entries. Answers 1 when there was a group. */
export const DELETE_GROUP = defineScript("relieves", [
  ANSWERS,
  CONSUMER,
  `
local group = checkTypes() and groupFacts()
if group and group.pending > 0 and ARGV[5] ~= '1' then fail('PENDING ' .. group.pending) end
redis.call('UNLINK', CHECKPOINT, DONE, RETRIES, LANES, LANE_OF, WAITING, FREE, WAKE, QUARANTINED)
redis.call('SREM', GROUPS, GROUP)
return group and redis.call('XGROUP', 'DESTROY', STREAM, GROUP) or 0
`,
]);

/**
 * KEYS[1]: the stream. ARGV[1]: what stands before the names of groups in their keys. Answers per group {name, last
 * delivered, pending, first pending, consumers, lag, lost}.
 */
export const LIST_GROUPS = defineScript("reads", [
  ANSWERS,
  `
local STREAM = KEYS[1]
local found = redis.call('TYPE', STREAM).ok
if found == 'none' then return {} end
if found ~= 'stream' then fail('WRONGKEY 1 ' .. found .. ' stream') end
`,
  MEMBERS,
  `
local groups = {}
for i, flat in ipairs(redis.call('XINFO', 'GROUPS', STREAM)) do
  local facts = byName(flat)
  local checkpoint = ARGV[1] .. facts.name .. ':checkpoint'
  local row = redis.call('XPENDING', STREAM, facts.name, '-', '+', 1)[1]
  local count = 0
  for name in pairs(members(facts.name, checkpoint)) do count = count + 1 end
  groups[i] = {facts.name, facts['last-delivered-id'], facts.pending, row and row[1] or false, count,
    facts.lag, redis.call('HGET', checkpoint, 'lost')}
end
return groups
`,
]);

/** Answers per consumer {name, pending, epoch, position}. */
export const LIST_CONSUMERS = defineScript("reads", [
  ANSWERS,
  CONSUMER,
  MEMBERS,
  `
if not checkTypes() then fail('STREAMMISSING') end
local consumers = {}
for name, facts in pairs(members(GROUP, CHECKPOINT)) do
  consumers[#consumers + 1] = {name, facts[1], facts[2], redis.call('HGET', CHECKPOINT, 'p:' .. name)}
end
return consumers
`,
]);

/** Answers 1 when the consumer was known. */
export const DELETE_CONSUMER = defineScript("relieves", [
  ANSWERS,
  CONSUMER,
  `
if not checkTypes() then fail('STREAMMISSING') end
local known, pending = 0, 0
for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', STREAM, GROUP)) do
  local consumer = byName(flat)
  if consumer.name == CONSUMER then known, pending = 1, consumer.pending end
end
if pending > 0 then fail('PENDING ' .. pending) end
if known == 1 then redis.call('XGROUP', 'DELCONSUMER', STREAM, GROUP, CONSUMER) end
local removed = redis.call('HDEL', CHECKPOINT, 'e:' .. CONSUMER, 'p:' .. CONSUMER, 't:' .. CONSUMER)
local mark = #CONSUMER .. ':' .. CONSUMER .. ':'
for _, key in ipairs({WAITING, FREE}) do
  redis.call('ZREMRANGEBYLEX', key, '[' .. mark, '(' .. mark .. 'u')
end
return (known == 1 or removed > 0) and 1 or 0
`,
]);
