-- Read the state of the timeline.
--
-- ARGV: the step of the settings; reach (see book.lua).
-- Returns: now; the first free slot; the step; the pause; the step of an operator, or 0; the number of slots booked in
--          about the last second.

local now = now_microseconds()
local timeline = read_timeline()
local step = step_of(timeline, now, tonumber(ARGV[1]))
local first = first_free(timeline, now, step, tonumber(ARGV[2]))
local second, booked, before = recent_bookings(timeline, now)
local part_of_second_before = 1 - (now - second * SECOND) / SECOND

return { now, first, step, pause_of(timeline, now), timeline.override or 0,
  math.floor(booked + before * part_of_second_before) }
