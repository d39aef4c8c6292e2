-- include records.lua
-- include cancels.lua
-- Cancels messages that were not sent yet, and records a cancel request for those that may be at the provider. A successor
-- that waits for the cancel of a message is canceled with it.
-- KEYS: for each message, its record and body. ARGV: JSON list of tags, delay (ms) until a lost task is replaced,
-- reserve_from (ms), reserve_within (ms), the owner for whom messages are canceled, or "" for any.
-- Returns for each message "canceled", "pending", "reserved" (cancel the reservation at the provider), "too_late" or
-- "not_found". A message of another owner is "not_found".
local grace, reserve_from, reserve_within, for_owner = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]

local function belongs_to(owner)
  return for_owner == '' or owner == for_owner
end

local function cancel_successor(tag)
  local replaced = redis.call('HGET', REPLACEMENTS, 'new ' .. tag)
  local successor = replaced and prepared_successor(replaced)
  if not successor or not belongs_to(successor.message.owner) then
    return 'not_found'
  end
  take_successor(replaced, 'canceled')
  return 'canceled'
end

local function cancel(tag, record, body)
  local state, created_by, team = unpack(redis.call('HMGET', record, 'state', 'created_by', 'team'))
  if not state then
    return cancel_successor(tag)
  elseif not belongs_to(team or created_by) then
    return 'not_found'
  end
  -- Write it again: WAITAOF waits only for writes of its own connection, and the caller may wait for the disk.
  redis.call('HSET', record, 'state', state)
  if CANCELABLE[state] then
    take_successor(tag, 'canceled')
    return request_cancel(tag, record, body, grace, reserve_from, reserve_within)
  end
  return state == 'canceled' and 'canceled' or 'too_late'
end

local answers = for_each(cjson.decode(ARGV[1]), 2, cancel)
save_counters()
return answers
