-- Cut the rate after the provider refused a call, at most once a second, and pause for as long as it asked for.
-- A few refusals among many calls cause no cut: they are not the provider's limit, and would lower the rate for ever.
--
-- ARGV: the pause in microseconds, or 0.

local now = now_microseconds()
local timeline = read_timeline()

local second, booked, before = recent_bookings(timeline, now)
local refusals = (timeline.refused_in == second and timeline.refusals or 0) + 1
redis.call('HSET', KEYS[1], 'refused_in', integer(second), 'refusals', integer(refusals))
local too_many = refusals > TOLERATED_REFUSALS * (booked + before)

if too_many and (not timeline.share or seconds_since(timeline.cut_at, now) >= 1) then
  local refused = share_of(timeline, now)
  local share = math.max(MIN_SHARE, refused * CUT_FACTOR)
  redis.call('HSET', KEYS[1], 'share', integer(share), 'refused', integer(refused), 'cut_at', integer(now))
end

local wanted, paused = tonumber(ARGV[1]), pause_of(timeline, now)
if wanted > 0 and paused ~= FOREVER then
  redis.call('HSET', KEYS[1], 'pause', integer(math.max(paused, now + wanted)))
end
