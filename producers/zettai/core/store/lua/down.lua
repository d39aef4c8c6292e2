-- Whether the provider is down and it is not yet time to try again. Answers 1 or 0.
local until_, outage = unpack(redis.call('HMGET', HOLD, 'until', 'outage'))
return outage and tonumber(until_) > now and 1 or 0
