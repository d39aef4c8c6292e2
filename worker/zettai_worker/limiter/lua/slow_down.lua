-- The provider refused a call: cuts the rate, at most once in a second, and pauses for as long as it asked for.
-- A few refusals among many calls are no limit of the provider's: were each answered by a cut, calls would all but stop.
--
-- ARGV: the pause in microseconds, or 0.

local now = clock()
local timeline = recall()

local second, booked, before = tally(timeline, now)
local refusals = (timeline.refused_in == second and timeline.refusals or 0) + 1
redis.call('HSET', KEYS[1], 'refused_in', integer(second), 'refusals', integer(refusals))
local too_many = refusals > TOLERATED * (booked + before)

if too_many and (not timeline.share or seconds_since(timeline.cut_at, now) >= 1) then
  local refused = share_of(timeline, now)
  local left = math.max(LEAST, refused * CUT)
  redis.call('HSET', KEYS[1], 'share', integer(left), 'refused', integer(refused), 'cut_at', integer(now))
end

local wanted, paused = tonumber(ARGV[1]), pause_of(timeline, now)
if wanted > 0 and paused ~= FOREVER then
  redis.call('HSET', KEYS[1], 'pause', integer(math.max(paused, now + wanted)))
end
