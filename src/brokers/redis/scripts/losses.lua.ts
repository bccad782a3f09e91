/**
 * Entries that were trimmed or deleted before the group read them (T6). The stream's counters tell how many entries there
 * ever were; so a loss is the difference to how many the group has read, wherever the id that it has read to has a known
 * place: at the end of the stream, and before its first entry.
 *
 * The server's own `entries-read` cannot be believed everywhere: it is not in the append-only file and not at the replicas
 * (7.0), so that after a restart or a failover it is behind by all that was read since it was last set; and newer servers
 * estimate it anew when a read jumps over a gap. So scripts that read keep their own count, together with the id that it
 * counts to: it holds while the group still stands at that id. Unordered groups are read natively; there the server's count
 * holds while it is the same life of the same server.
 *
 * @module
 */

import { defineScript } from "./script.ts";
import { ANSWERS, CONSUMER, IDS } from "./words.lua.ts";

/**
 * How many entries lie at or below a position, where that can be told: before the first entry, or at the end. What was
 * trimmed before the position counts as read, because the group could not have missed it. `nil` where nobody knows.
 */
export const ENTRIES_READ = `
local EMPTY_STREAM = {['last-generated-id'] = '0-0', ['entries-added'] = 0, length = 0}

local function entriesReadAt(position, facts)
  if not below(position, facts['last-generated-id']) then return facts['entries-added'] end
  if facts.length == 0 or below(position, facts['recorded-first-entry-id']) then
    return facts['entries-added'] - facts.length
  end
end

local function withEntriesRead(count)
  if count then return 'ENTRIESREAD', string.format('%.0f', count) end
  return 'ENTRIESREAD', '-1'
end
`;

/**
 * What is kept in the checkpoint's hash: `read`, how many entries were read and to which id; `countedBy`, the life of the
 * server that counts; `checkedTo`, up to where nothing was missing; `jumped`, how many a read has jumped over.
 */
export const COUNTING = `
local function serverLife()
  if not redis.acl_check_cmd('INFO', 'server', 'replication') then return 'unknown' end
  local text = redis.call('INFO', 'server', 'replication')
  local run, history = string.match(text, 'run_id:(%x+)'), string.match(text, 'master_replid:(%x+)')
  return run and history and run .. history or 'unknown'
end

-- How many entries the group has read or was told of; nil where nobody knows.
local function countOfRead(group)
  local stored = redis.call('HMGET', CHECKPOINT, 'read', 'countedBy')
  local count, to = string.match(stored[1] or '', '^(%d+) (.+)$')
  count = tonumber(count)
  local served = group['entries-read']
  if to == group['last-delivered-id'] and (ORDERED or count == served) then return count end
  if not served then return nil end
  if stored[2] and (stored[2] == 'unknown' or stored[2] ~= serverLife()) then return nil end
  return served
end

-- Whether the group's next entry is the stream's first one, or will be.
local function standsBefore(group, stream)
  local delivered = group['last-delivered-id']
  return below(delivered, stream['last-generated-id'])
    and (stream.length == 0 or below(delivered, stream['recorded-first-entry-id']))
end

-- Answers how many are lost, after and before which id; nil for a count that cannot be.
local function lossOf(group, stream, count)
  local delivered, added = group['last-delivered-id'], stream['entries-added']
  local first = stream.length > 0 and stream['recorded-first-entry-id'] or false
  local checked, jumped = unpack(redis.call('HMGET', CHECKPOINT, 'checkedTo', 'jumped'))
  local lost, after, before = tonumber(jumped) or 0, checked or '0-0', delivered
  if not below(delivered, stream['last-generated-id']) then
    lost = added - count
  elseif standsBefore(group, stream) then
    lost, before = added - stream.length - count, first
    if not jumped then after = delivered end
    -- Some of them may have been deleted further on.
    local last, deleted = stream['last-generated-id'], stream['max-deleted-entry-id']
    if first and not below(deleted, first) then before = below(deleted, last) and last end
  end
  -- A group that somebody has set to another id by hand has read again, or jumped over what is not gone.
  if lost < 0 or lost > added - stream.length then return nil end
  return lost, after, before
end

local function setCount(group, count)
  if (group['entries-read'] or nil) == count then return end
  redis.call('XGROUP', 'SETID', STREAM, GROUP, group['last-delivered-id'], withEntriesRead(count))
end

local function keepCount(group, count)
  local delivered, life = group['last-delivered-id'], serverLife()
  local stored = redis.call('HMGET', CHECKPOINT, 'read', 'countedBy')
  local read = count and string.format('%.0f ', count) .. delivered
  if not read then redis.call('HDEL', CHECKPOINT, 'read')
  elseif read ~= stored[1] then redis.call('HSET', CHECKPOINT, 'read', read) end
  if life ~= stored[2] then redis.call('HSET', CHECKPOINT, 'countedBy', life) end
end

-- From here on nothing is missing up to where the group stands.
local function noteChecked(delivered)
  redis.call('HDEL', CHECKPOINT, 'jumped')
  if redis.call('HGET', CHECKPOINT, 'checkedTo') ~= delivered then
    redis.call('HSET', CHECKPOINT, 'checkedTo', delivered)
  end
end

-- Accounts for at most so many lost entries, and begins to count anew where nobody knows. Answers what was found:
-- how many, after and before which id.
local function account(group, stream, most)
  local delivered, count = group['last-delivered-id'], countOfRead(group)
  local lost, after, before
  if count then lost, after, before = lossOf(group, stream, count) end
  if not lost then
    count = entriesReadAt(delivered, stream)
    setCount(group, count)
    keepCount(group, count)
    noteChecked(delivered)
    return 0
  end
  local taken = math.min(lost, most)
  if taken > 0 then
    redis.call('HINCRBY', CHECKPOINT, 'lost', taken)
    setCount(group, count + taken)
  end
  keepCount(group, count + taken)
  if taken > 0 or (lost == 0 and entriesReadAt(delivered, stream)) then noteChecked(delivered) end
  return taken, after, before
end
`;

/**
 * Counts what a script has read, for the group's own count. A full read that begins with the stream's first entry may have
 * jumped over a gap: that is looked at then, because a group that lags for long stands nowhere else at a known place.
 */
export const COUNT_READ = `
local function countRead(fresh, before, isFull)
  local count, to = string.match(redis.call('HGET', CHECKPOINT, 'read') or '', '^(%d+) (.+)$')
  -- Somebody else has read for the group, or has moved it: the next look begins to count.
  if to ~= before then
    if to then redis.call('HDEL', CHECKPOINT, 'read') end
    return
  end
  local first = isFull and redis.call('XRANGE', STREAM, '-', '+', 'COUNT', 1)[1]
  if first and first[1] == fresh[1][1] then
    local stream = byName(redis.call('XINFO', 'STREAM', STREAM))
    local jumped = stream['entries-added'] - stream.length - count
    if jumped > 0 then redis.call('HSET', CHECKPOINT, 'jumped', jumped) end
  end
  redis.call('HSET', CHECKPOINT, 'read', string.format('%.0f ', count + #fresh) .. fresh[#fresh][1])
end
`;

/** ARGV[5]: account for what is found. Answers {how many, after which id, before which id}, or nothing. */
export const FIND_UNREAD_LOSS = defineScript("relieves", [
  ANSWERS,
  IDS,
  CONSUMER,
  ENTRIES_READ,
  COUNTING,
  `
checkMember()
local group = groupFacts()
if not group then fail('NOGROUP the group is gone, join again') end
local stream = byName(redis.call('XINFO', 'STREAM', STREAM))
if ARGV[5] == '1' then
  local lost, after, before = account(group, stream, math.huge)
  return lost > 0 and {lost, after, before}
end
local count = countOfRead(group)
local lost, after, before
if count then lost, after, before = lossOf(group, stream, count) end
-- Where nobody knows, a start that is to stop must still see that the stream begins behind the group.
if lost == 0 or not (lost or standsBefore(group, stream)) then account(group, stream, 0) end
return lost and lost > 0 and {lost, after, before}
`,
]);
