-- Admits a call where fewer than the limit were admitted in the window before it. KEYS[1]: the calls of one caller.
-- ARGV: limit, window (µs), a name of this call's own. Answers 0, or after how many µs there is room again.
local seconds, micros = unpack(redis.call('TIME'))
local now, limit, window = seconds * 1000000 + micros, tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - window))
-- From the newest: a limit that was lowered has room only when that many are left.
local first = redis.call('ZRANGE', KEYS[1], limit - 1, limit - 1, 'REV', 'WITHSCORES')
if first[2] then
  return math.max(1, first[2] + window - now)
end
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[3])
redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000))
return 0
