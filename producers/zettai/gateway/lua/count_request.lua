-- Count a request if fewer than the limit were counted in the window. KEYS[1]: the requests of one API key.
-- ARGV: limit, window (µs), a unique name of this request. Returns 0, or the µs until the next request is allowed.
local seconds, micros = unpack(redis.call('TIME'))
local now, limit, window = seconds * 1000000 + micros, tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - window))
-- The oldest of the newest `limit` requests. It leaves the window first, also after the limit was lowered.
local first = redis.call('ZRANGE', KEYS[1], limit - 1, limit - 1, 'REV', 'WITHSCORES')
if first[2] then
  return math.max(1, first[2] + window - now)
end
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[3])
redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000))
return 0
