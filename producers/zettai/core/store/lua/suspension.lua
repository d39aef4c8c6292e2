-- Suspends all sending, and returns whether it was not suspended for this reason before. `circuit_open` means that the
-- provider is down; any other reason comes from an answer, so the provider is up.
local function suspend(reason, retry_in, circuit_open)
  local is_new = redis.call('HGET', SUSPENSION, 'reason') ~= reason
  redis.call('HSETNX', SUSPENSION, 'began', integer(now))
  redis.call('HSET', SUSPENSION,
    'reason', reason, 'since', integer(now), 'retry_at', integer(now + retry_in), 'retry_every', retry_in)
  if circuit_open then
    redis.call('HSET', SUSPENSION, 'circuit_open', 1)
  else
    redis.call('HDEL', SUSPENSION, 'circuit_open')
  end
  return is_new
end
