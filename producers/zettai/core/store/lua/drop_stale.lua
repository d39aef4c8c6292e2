-- include turns.lua
-- Drops the messages at the start of a group's queue that do not wait any more. The queue of a group that has turns drops
-- them when they are taken. ARGV: lane, group, the most to drop. Returns how many were dropped.
return drop_stale(ARGV[1], ARGV[2], tonumber(ARGV[3]))
