/**
 * Scripts for a group's new life: begin anew at another position, and look at the checkpoints that were moved aside.
 *
 * @module
 */

import { MOVE_ASIDE } from "./joining.lua.ts";
import { ENTRIES_READ } from "./losses.lua.ts";
import { defineScript } from "./script.ts";
import { ANSWERS, CONSUMER, IDS, STREAM_FACTS } from "./words.lua.ts";

/** Rights are asked for first: a script that fails half-way leaves what it has written (T20). */
const CHECK_RIGHTS = `
for _, command in ipairs({
  {'XGROUP', 'DESTROY', STREAM, GROUP}, {'XGROUP', 'CREATE', STREAM, GROUP, '0-0'},
  {'UNLINK', CHECKPOINT}, {'DEL', DONE}, {'HSET', CHECKPOINT, 'a', '1'}, {'HDEL', CHECKPOINT, 'a'},
  {'HKEYS', CHECKPOINT}, {'HGET', CHECKPOINT, 'a'}, {'XADD', WAKE, '*', 'a', '1'},
  {'RPUSH', QUARANTINED, 'a'}, {'SADD', GROUPS, GROUP}, {'SET', INCARNATION, '1'},
  {'GET', INCARNATION}, {'TIME'},
}) do
  if not redis.acl_check_cmd(unpack(command)) then fail('NOPERM ' .. command[1]) end
end
`;

/**
 * ARGV[5] kind of start (`first`, `last`, `after`, `time`), [6] an id, [7] also with pending entries, [8] a fresh
 * incarnation, [9] whom the new checkpoint names. The group is destroyed and made again, which drops what is pending
 * for anybody. The epochs become negative: whoever had one of them learns that it has to join again, an older process of
 * the same name that it is fenced. Answers {position, how many were dropped, how many consumers have to join again}.
 */
export const RESET_GROUP = defineScript("writes", [
  ANSWERS,
  IDS,
  CONSUMER,
  STREAM_FACTS,
  MOVE_ASIDE,
  ENTRIES_READ,
  `
if not checkTypes() then fail('STREAMMISSING') end
local group = groupFacts()
if not group and redis.call('EXISTS', CHECKPOINT) == 0 then fail('NOGROUP there is nothing to reset') end
local dropped = group and group.pending or 0
if dropped > 0 and ARGV[7] ~= '1' then fail('PENDING ' .. dropped .. ' reset') end
local facts = byName(redis.call('XINFO', 'STREAM', STREAM))
local lastId = facts['last-generated-id']
local kind, position = ARGV[5], ARGV[6]
local beyond = below(lastId, position)
if kind == 'after' and beyond then fail('BEYONDEND ' .. lastId) end
if kind == 'last' or (kind == 'time' and beyond) then position = lastId end
`,
  CHECK_RIGHTS,
  `
moveAside()
if group then redis.call('XGROUP', 'DESTROY', STREAM, GROUP) end
redis.call('XGROUP', 'CREATE', STREAM, GROUP, position, withEntriesRead(entriesReadAt(position, facts)))
redis.call('UNLINK', DONE, RETRIES, LANES, LANE_OF, WAITING, FREE)
local fenced = 0
for _, name in ipairs(redis.call('HKEYS', CHECKPOINT)) do
  local part = string.sub(name, 1, 2)
  if part == 'e:' then
    local epoch, ticket = string.match(redis.call('HGET', CHECKPOINT, name), '^%-?(%d+)(.*)$')
    if epoch and #epoch <= 15 then
      redis.call('HSET', CHECKPOINT, name, '-' .. epoch .. ticket)
    else
      redis.call('HDEL', CHECKPOINT, name)
    end
    fenced = fenced + 1
  elseif part == 'p:' or part == 't:' then
    redis.call('HDEL', CHECKPOINT, name)
  end
end
redis.call('HDEL', CHECKPOINT, 'resetBelow', 'read', 'countedBy', 'checkedTo', 'jumped')
redis.call('HSET', CHECKPOINT, 'schema', '1', 'incarnation', ensureIncarnation(INCARNATION, ARGV[8]),
  'position', position, 'consumer', ARGV[9], 'epoch', '0', 'savedAtMs', nowMs(),
  'added', facts['entries-added'])
redis.call('SADD', GROUPS, GROUP)
redis.call('XADD', WAKE, 'MAXLEN', 1, '*', 'c', ARGV[9]) -- who waits for entries learns it at once
return {position, dropped, fenced}
`,
]);

/** ARGV[5]: how many. Answers JSON texts, newest first. */
export const LIST_QUARANTINED = defineScript("reads", [
  ANSWERS,
  CONSUMER,
  `
checkTypes()
local texts, found = redis.call('LRANGE', QUARANTINED, -ARGV[5], -1), {}
for i = #texts, 1, -1 do found[#found + 1] = texts[i] end
return found
`,
]);
