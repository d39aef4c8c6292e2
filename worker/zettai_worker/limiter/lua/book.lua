-- Books up to ARGV[1] consecutive slots.
--
-- ARGV: wanted; the setting's step; reach (how far from now a slot may be booked by anybody, and the spread);
--       the horizon of this booking (how far from now its first slot may be); its span (the same for all but the first).
-- Returns: now; the first slot, or the earliest one when none was booked; the step; how many; the pause or 0.

local wanted, setting, reach = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local horizon, span = tonumber(ARGV[4]), tonumber(ARGV[5])

local now = clock()
local timeline = recall()
local paused = pause_of(timeline, now)
local step = step_of(timeline, now, setting)
local first, lost = earliest(timeline, now, step, reach)

local count = 0
if paused == 0 and first <= now + horizon then
  local room = math.floor((now + span - first) / step) + 1
  count = math.max(1, math.min(wanted, room))
end

if lost then
  redis.call('HSET', KEYS[1], 'run', run_id())
end
if lost or count > 0 then
  local second, booked, before = tally(timeline, now)
  redis.call('HSET', KEYS[1], 'next', integer(first + count * step), 'second', integer(second),
    'booked', integer(booked + count), 'before', integer(before))
end
return { now, first, step, count, paused }
