-- Pause all calls for an operator.
--
-- ARGV: the length of the pause in microseconds, or -1 until resumed.

local pause = tonumber(ARGV[1])
if pause ~= FOREVER then
  pause = now_microseconds() + pause
end
redis.call('HSET', KEYS[1], 'pause', integer(pause))
