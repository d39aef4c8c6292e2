-- The history of a message: the fields h1, h2, … of its record, and their number in the field `events`. A line is written when
-- the next event comes: the latest event is what `state`, `since` and `reason` say. The first one is always the same, so it
-- has no line. records.py reads both. Each line has the age of the message in milliseconds, which is shorter than the time.

-- Writes the line of the latest event, because another one follows. Returns the number of that one.
local function keep_latest_event(record, state)
  local latest, created, since, reason = unpack(redis.call('HMGET', record, 'events', 'created', 'since', 'reason'))
  if tonumber(latest) > 1 then
    -- A damaged record must not stop the script: other messages would wait for it. Earlier versions have written the line.
    local age = (tonumber(since) or now) - (tonumber(created) or now)
    redis.call('HSETNX', record, 'h' .. latest, integer(age) .. ' ' .. state .. ' ' .. (reason or ''))
  end
  if tonumber(latest) >= HISTORY_LENGTH then
    redis.call('HDEL', record, 'h' .. (latest - HISTORY_LENGTH + 2))
  end
  return latest + 1
end

-- Adds an event that changes no state.
local function add_event(record, state, reason)
  local number = keep_latest_event(record, state)
  local age = now - redis.call('HGET', record, 'created')
  redis.call('HSET', record, 'events', number, 'h' .. number, integer(age) .. ' ' .. state .. ' ' .. reason)
end
