-- Suspends all sending. ARGV: reason, delay until the next retry (ms), "1" if the circuit is open (provider down).
-- Returns 1 if sending was not suspended before, so that the caller raises one alert and not thousands.
local was_suspended = redis.call('EXISTS', SUSPENSION)
redis.call('HSET', SUSPENSION,
  'reason', ARGV[1], 'since', integer(now), 'retry_at', integer(now + ARGV[2]), 'retry_every', ARGV[2])
if ARGV[3] == '1' then
  redis.call('HSET', SUSPENSION, 'circuit_open', 1)
end
return 1 - was_suspended
