-- include messages.lua
-- Cancels a message that was not sent yet, and records a cancel request for one that may be at the provider. The state of
-- the message must be one of `CANCELABLE`. Returns "canceled", "pending" or "reserved" (cancel the reservation at the
-- provider). Times are in milliseconds; if the cancel task is lost, another one is published after `grace`.
local function request_cancel(tag, record, body, grace, reserve_from, reserve_within)
  local state, lane = unpack(redis.call('HMGET', record, 'state', 'lane'))
  redis.call('HSETNX', record, 'cancel_requested', integer(now))
  if WAITS_HERE[state] then
    change_state(record, body, tag, state, 'canceled', 'on request')
    return 'canceled'
  elseif state == 'scheduled' then
    redis.call('ZADD', DUE_TO_CHECK, integer(now + grace), tag)
    return 'reserved'
  elseif state == 'submit_unknown' and must_only_look_up(record, reserve_from, reserve_within) then
    look_up_now(tag, lane)
  end
  return 'pending'
end
