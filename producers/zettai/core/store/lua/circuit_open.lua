-- Returns 1 if the provider is down and the time of the next retry has not come, else 0.
local retry_at, circuit_open = unpack(redis.call('HMGET', SUSPENSION, 'retry_at', 'circuit_open'))
return circuit_open and tonumber(retry_at) > now and 1 or 0
