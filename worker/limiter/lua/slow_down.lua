-- The provider refused a call: cuts the rate, at most once in a second, and pauses for as long as it asked for.
--
-- ARGV: the pause in microseconds, or 0.

local now = clock()
local timeline = recall()

if not timeline.share or seconds_since(timeline.cut_at, now) >= 1 then
  local refused = share_of(timeline, now)
  local left = math.max(LEAST, refused * CUT)
  redis.call('HSET', KEYS[1], 'share', integer(left), 'refused', integer(refused), 'cut_at', integer(now))
end

local wanted, paused = tonumber(ARGV[1]), pause_of(timeline, now)
if wanted > 0 and paused ~= FOREVER then
  redis.call('HSET', KEYS[1], 'pause', integer(math.max(paused, now + wanted)))
end
