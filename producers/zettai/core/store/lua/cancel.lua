-- include records.lua
-- include cancels.lua
-- Cancels messages that were not sent yet, and records a cancel request for those that may be at the provider. A successor
-- that waits for the cancel of a message is canceled with it.
-- KEYS: for each message, its record and body. ARGV: JSON list of tags, delay (ms) until a lost task is replaced,
-- reserve_from (ms), reserve_within (ms).
-- Returns for each message "canceled", "pending", "reserved" (cancel the reservation at the provider), "too_late" or
-- "not_found".
local grace, reserve_from, reserve_within = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])

local function cancel(tag, record, body)
  local state = redis.call('HGET', record, 'state')
  if not state then
    local replaced = redis.call('HGET', REPLACEMENTS, 'new ' .. tag)
    return replaced and take_successor(replaced, 'canceled') and 'canceled' or 'not_found'
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
