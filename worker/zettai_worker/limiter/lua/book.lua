-- Book up to ARGV[1] consecutive slots.
--
-- ARGV: the number of slots; the step of the settings; reach (how long after now a call may arrive whose slot is booked
--       already); the horizon (how far ahead the first slot may be); the batch horizon (the same for the other slots).
-- Returns: now; the first slot, or the first free one if none was booked; the step; the number of slots; the pause.

local wanted, setting, reach = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local horizon, batch_horizon = tonumber(ARGV[4]), tonumber(ARGV[5])

local now = now_microseconds()
local timeline = read_timeline()
local paused = pause_of(timeline, now)
local step = step_of(timeline, now, setting)
local first, unknown = first_free(timeline, now, step, reach)

local count = 0
if paused == 0 and first <= now + horizon then
  local room = math.floor((now + batch_horizon - first) / step) + 1
  count = math.max(1, math.min(wanted, room))
end

if unknown then
  redis.call('HSET', KEYS[1], 'run', run_id())
end
if unknown or count > 0 then
  local second, booked, before = recent_bookings(timeline, now)
  redis.call('HSET', KEYS[1], 'next', integer(first + count * step), 'second', integer(second),
    'booked', integer(booked + count), 'before', integer(before))
end
return { now, first, step, count, paused }
