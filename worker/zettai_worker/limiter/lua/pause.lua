-- An operator pauses all calls.
--
-- ARGV: for how many microseconds, or -1 until resumed.

local wanted = tonumber(ARGV[1])
if wanted ~= FOREVER then
  wanted = clock() + wanted
end
redis.call('HSET', KEYS[1], 'pause', integer(wanted))
