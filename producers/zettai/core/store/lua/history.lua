-- The history of a message: the fields h1, h2, … of its record, and their number in the field `events`.

-- Adds an event. It has the age of the message in milliseconds, which is shorter than the time.
local function add_event(record, state, reason)
  local events = redis.call('HINCRBY', record, 'events', 1)
  -- A damaged record without `created` must not stop the script: other messages would wait for it.
  local age = now - (tonumber(redis.call('HGET', record, 'created')) or now)
  redis.call('HSET', record, 'h' .. events, integer(age) .. ' ' .. state .. ' ' .. reason)
  if events > HISTORY_LENGTH then
    redis.call('HDEL', record, 'h' .. (events - HISTORY_LENGTH + 1))
  end
end
