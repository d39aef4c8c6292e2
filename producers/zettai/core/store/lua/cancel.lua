-- include history.lua
-- include messages.lua
-- Cancels messages that were not sent yet, and records a cancel request for those that may be at the provider.
-- KEYS: for each message, its record and body. ARGV: JSON list of tags, delay (ms) until a lost task is replaced.
-- Returns for each message "canceled", "pending", "reserved" (cancel the reservation at the provider), "too_late" or
-- "not_found".
local function cancel(tag, record, body)
  local state = redis.call('HGET', record, 'state')
  if not state then
    return 'not_found'
  elseif state == 'queued' or state == 'held' then
    change_state(record, body, tag, state, 'canceled', 'on request')
    return 'canceled'
  elseif state == 'canceled' then
    return 'canceled'
  elseif state == 'submitting' or state == 'submit_unknown' then
    redis.call('HSET', record, 'cancel_requested', 1)
    return 'pending'
  elseif state == 'scheduled' then
    redis.call('HSET', record, 'cancel_requested', 1)
    -- If the cancel task is lost, the next check of due messages cancels the reservation.
    redis.call('ZADD', DUE_TO_CHECK, integer(now + ARGV[2]), tag)
    return 'reserved'
  end
  return 'too_late'
end

local answers = {}
for number, tag in ipairs(cjson.decode(ARGV[1])) do
  answers[number] = cancel(tag, keys_of(number, 2))
end
save_counters()
return answers
