-- Records that a worker took a tick.
--
-- KEYS: `ticks`.
-- ARGV: the name and the lane of the job; when the tick was handed out; milliseconds until it is too old.
-- Returns: 1 if the job must run; 0 if the tick is too old, and a newer one was handed out.

local TICKS = KEYS[1]
local name, lane, at, too_old = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local newest = tonumber(redis.call('HGET', TICKS, 'handed_out:' .. name)) or 0
if at >= newest then
  redis.call('HDEL', TICKS, 'waiting:' .. name)
end
local taken = tonumber(redis.call('HGET', TICKS, 'taken_up_to:' .. lane)) or 0
if at > taken or taken > now then
  redis.call('HSET', TICKS, 'taken_up_to:' .. lane, string.format('%d', at))
end
return (at >= newest or now - at <= too_old) and 1 or 0
