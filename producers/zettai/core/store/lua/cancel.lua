-- include history.lua
-- include counters.lua
-- include events.lua
-- include reservations.lua
-- include suppressions.lua
-- include messages.lua
-- include records.lua
-- Cancels messages that were not sent yet, and records a cancel request for those that may be at the provider.
-- KEYS: for each message, its record and body. ARGV: JSON list of tags, delay (ms) until a lost task is replaced,
-- reserve_from (ms), reserve_within (ms).
-- Returns for each message "canceled", "pending", "reserved" (cancel the reservation at the provider), "too_late" or
-- "not_found".
local function cancel(tag, record, body)
  local state, lane = unpack(redis.call('HMGET', record, 'state', 'lane'))
  if not state then
    return 'not_found'
  end
  -- Write it again: WAITAOF waits only for writes of its own connection, and the caller may wait for the disk.
  redis.call('HSET', record, 'state', state)
  if state == 'queued' or state == 'held' then
    change_state(record, body, tag, state, 'canceled', 'on request')
    return 'canceled'
  elseif state == 'canceled' then
    return 'canceled'
  elseif state == 'submitting' or state == 'submit_unknown' then
    redis.call('HSETNX', record, 'cancel_requested', integer(now))
    if state == 'submit_unknown' and must_only_look_up(record, tonumber(ARGV[3]), tonumber(ARGV[4])) then
      look_up_now(tag, lane)
    end
    return 'pending'
  elseif state == 'scheduled' then
    redis.call('HSETNX', record, 'cancel_requested', integer(now))
    -- If the cancel task is lost, the next check of due messages cancels the reservation.
    redis.call('ZADD', DUE_TO_CHECK, integer(now + ARGV[2]), tag)
    return 'reserved'
  end
  return 'too_late'
end

local answers = for_each(cjson.decode(ARGV[1]), 2, cancel)
save_counters()
return answers
