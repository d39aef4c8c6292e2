-- Holds all sending, or ends that. ARGV: reason ("" to end it), how long until the next try (ms), "1" where the
-- provider is down, so that it shall not be asked anything.
-- Answers 1 if this changed anything, so that one alert is raised, not thousands.
local was = redis.call('EXISTS', HOLD)
if ARGV[1] == '' then
  redis.call('DEL', HOLD)
  return was
end
redis.call('HSET', HOLD, 'reason', ARGV[1], 'at', integer(now), 'until', integer(now + ARGV[2]), 'every', ARGV[2])
if ARGV[3] == '1' then
  redis.call('HSET', HOLD, 'outage', 1)
end
return 1 - was
