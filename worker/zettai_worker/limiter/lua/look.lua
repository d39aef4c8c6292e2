-- Looks at the timeline and changes nothing.
--
-- ARGV: the setting's step; reach (as in book.lua).
-- Returns: now; the earliest slot; the step; the pause or 0; the operator's step or 0; bookings of about the last second.

local now = clock()
local timeline = recall()
local step = step_of(timeline, now, tonumber(ARGV[1]))
local first = earliest(timeline, now, step, tonumber(ARGV[2]))
local second, booked, before = tally(timeline, now)
local rest = 1 - (now - second * SECOND) / SECOND

return { now, first, step, pause_of(timeline, now), timeline.override or 0, math.floor(booked + before * rest) }
