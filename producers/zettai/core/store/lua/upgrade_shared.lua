-- Takes over the suspension and the counters of version 0.1.0. KEYS: both, by their old names.
local old_suspension, old_counters = KEYS[FIRST_KEY], KEYS[FIRST_KEY + 1]

local reason, at, retry_at, retry_every, circuit_open =
  unpack(redis.call('HMGET', old_suspension, 'reason', 'at', 'until', 'every', 'outage'))
if reason and redis.call('EXISTS', SUSPENSION) == 0 then
  redis.call('HSET', SUSPENSION, 'reason', reason, 'since', at, 'began', at, 'retry_at', retry_at, 'retry_every', retry_every)
  if circuit_open then
    redis.call('HSET', SUSPENSION, 'circuit_open', 1)
  end
end
local counts = redis.call('HGETALL', old_counters)
for position = 1, #counts, 2 do
  redis.call('HINCRBY', TRANSITIONS, counts[position], counts[position + 1])
end
redis.call('DEL', old_suspension, old_counters)
