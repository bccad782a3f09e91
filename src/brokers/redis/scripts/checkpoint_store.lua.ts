/**
 * Scripts of the separate checkpoint store. KEYS[1] is one hash per stream and group: `checkpoint` the furthest one,
 * `consumer:<name>` each consumer's own last one, without its done-set. Both are the JSON text of the domain's record.
 *
 * @module
 */

import { defineScript } from "./script.ts";
import { ANSWERS, IDS } from "./words.lua.ts";

const HASH = `
local function checkHash()
  local kind = redis.call('TYPE', KEYS[1]).ok
  if kind ~= 'none' and kind ~= 'hash' then fail('WRONGKEY 1 ' .. kind .. ' hash') end
end
`;

/**
 * The rules of domain/checkpoint.ts: what `decodeCheckpoint` takes, as far as it is needed to compare, and
 * `checkpointIsNewer`. Ids stay texts (T16); epochs and counts are far below 2^53, where Lua's numbers are exact.
 */
const CHECKPOINTS = `
local function isU64(digits)
  if #digits > 1 and string.sub(digits, 1, 1) == '0' then return false end
  return #digits < 20 or (#digits == 20 and digits <= '18446744073709551615')
end

local function isId(text)
  if type(text) ~= 'string' then return false end
  local ms, seq = string.match(text, '^(%d+)%-(%d+)$')
  return ms ~= nil and isU64(ms) and isU64(seq)
end

local function checkpointOf(text, expected)
  local ok, record = pcall(cjson.decode, text)
  if not ok or type(record) ~= 'table' then return nil end
  local schema, epoch, done = record.schema, record.epoch, record.done
  if type(schema) ~= 'number' or schema < 1 or schema > expected.schema then return nil end
  if record.stream ~= expected.stream or record.group ~= expected.group then return nil end
  if type(record.incarnation) ~= 'string' or record.incarnation == '' then return nil end
  if not isId(record.position) or type(epoch) ~= 'number' or type(done) ~= 'table' then return nil end
  local doneCount = 0
  for _, id in pairs(done) do
    if not isId(id) then return nil end
    if below(record.position, id) then doneCount = doneCount + 1 end
  end
  return {incarnation = record.incarnation, position = record.position, epoch = epoch, doneCount = doneCount}
end

local function isNewer(candidate, stored)
  if candidate.incarnation ~= stored.incarnation then return true end
  if candidate.position ~= stored.position then return below(stored.position, candidate.position) end
  if candidate.doneCount ~= stored.doneCount then return candidate.doneCount > stored.doneCount end
  return candidate.epoch >= stored.epoch
end
`;

/** Answers the furthest checkpoint as it is and its digest, nil for none. */
export const LOAD_FURTHEST = defineScript("reads", [
  ANSWERS,
  HASH,
  `
checkHash()
local text = redis.call('HGET', KEYS[1], 'checkpoint')
return text and {text, redis.sha1hex(text)}
`,
]);

/**
 * KEYS[2] where an unusable value is moved, which is never deleted (V9); ARGV the checkpoint, its schema, stream and
 * group, the consumer, and the checkpoint without its done-set. Answers 1, or 0 when it was passed over.
 */
export const SAVE_FURTHEST = defineScript("writes", [
  ANSWERS,
  IDS,
  HASH,
  CHECKPOINTS,
  `
checkHash()
local expected = {schema = cjson.decode(ARGV[2]), stream = ARGV[3], group = ARGV[4]}
local candidate = checkpointOf(ARGV[1], expected)
if not candidate then fail('ERR the checkpoint to save is malformed') end

local text = redis.call('HGET', KEYS[1], 'checkpoint')
local stored = text and checkpointOf(text, expected)
if text and not stored and redis.call('RENAMENX', KEYS[1], KEYS[2]) == 0 then
  fail('ERR the name to move the checkpoint aside to is taken')
end
local replaces = not stored or isNewer(candidate, stored)
if replaces then redis.call('HSET', KEYS[1], 'checkpoint', ARGV[1]) end

local ownField = 'consumer:' .. ARGV[5]
local ownText = redis.call('HGET', KEYS[1], ownField)
local own, ownStored = checkpointOf(ARGV[6], expected), ownText and checkpointOf(ownText, expected)
if not ownStored or isNewer(own, ownStored) then redis.call('HSET', KEYS[1], ownField, ARGV[6]) end
return replaces and 1 or 0
`,
]);

/** KEYS[2] where to; ARGV[1] the digest of what was loaded: what took its place meanwhile is left alone. */
export const MOVE_FURTHEST_ASIDE = defineScript("writes", [
  ANSWERS,
  HASH,
  `
checkHash()
local text = redis.call('HGET', KEYS[1], 'checkpoint')
if not text or redis.sha1hex(text) ~= ARGV[1] then return end
if redis.call('RENAMENX', KEYS[1], KEYS[2]) == 0 then
  fail('ERR the name to move the checkpoint aside to is taken')
end
`,
]);
