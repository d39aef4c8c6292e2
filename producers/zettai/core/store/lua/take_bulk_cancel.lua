-- Gives the right to cancel many reservations by one call, once for each request. KEYS: none but the shared ones.
-- ARGV: the request's name, the most milliseconds since the request, how long the right lasts (ms).
-- Returns 1 with the right, else 0. While it lasts, claim.lua makes no reservation that the call would cancel too.
local requested_at = redis.call('HGET', BULK_CANCELS, 'requested' .. ARGV[1])
redis.call('HDEL', BULK_CANCELS, 'requested' .. ARGV[1])
if not requested_at or now - requested_at > tonumber(ARGV[2]) then
  return 0
end
redis.call('HSET', BULK_CANCELS, 'running' .. ARGV[1], integer(now + ARGV[3]))
return 1
