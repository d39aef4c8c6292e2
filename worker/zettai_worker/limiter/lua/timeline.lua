-- What every script of the limiter shares; it stands in front of each of them.
--
-- KEYS[1] is one hash. It has no lifetime, because its absence means that the history was lost:
--   next             the earliest instant that is not given away
--   run              the server's run id when next was written
--   pause            until when nothing is booked: an instant, or FOREVER
--   override         the step that an operator set
--   share, refused   the share of the rate that the last cut left, and the one that was refused (in millionths)
--   cut_at           when that was
--   refusals         how many calls were refused in the second refused_in
--   second           the second in which something was booked last
--   booked, before   how much was booked in that second, and in the one before it
--
-- Instants are microseconds of this server's clock, steps are microseconds.

local SECOND = 1000000
local FOREVER = -1
local WHOLE = 1000000           -- the share that is not cut
local LEAST = WHOLE / 100       -- however often it is cut
local CUT = 0.7                 -- what a cut leaves
local TOLERATED = 0.03          -- the part of the calls of up to two seconds that may be refused without a cut

local FIELDS = { 'next', 'pause', 'override', 'share', 'refused', 'cut_at', 'refusals', 'refused_in', 'second', 'booked',
  'before' }

local function clock()
  local time = redis.call('TIME')
  return time[1] * SECOND + time[2]
end

-- Lua's own tostring would give an exponent, and lose the microseconds.
local function integer(number)
  return string.format('%.0f', number)
end

local function recall()
  local values = redis.call('HMGET', KEYS[1], unpack(FIELDS))
  local timeline = { run = redis.call('HGET', KEYS[1], 'run') }
  for position, field in ipairs(FIELDS) do
    timeline[field] = tonumber(values[position])
  end
  return timeline
end

local function run_id()
  return string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
end

-- How long ago something was. If it lies ahead, this clock was set back since, and the distance is all that is known.
local function seconds_since(instant, now)
  return math.abs(now - instant) / SECOND
end

-- The share of the rate that refusals have left. After a cut it goes back quickly to just below what was refused,
-- lingers there, since that may still be the limit, and climbs on when nothing more is refused.
local function share_of(timeline, now)
  local share, refused = timeline.share or WHOLE, timeline.refused or WHOLE
  local seconds = seconds_since(timeline.cut_at or now, now)
  local legs = {
    { up_to = 0.95 * refused, each_second = refused / 10 },
    { up_to = 1.05 * refused, each_second = refused / 200 },
    { up_to = WHOLE, each_second = WHOLE / 50 },
  }
  for _, leg in ipairs(legs) do
    local needed = math.max(0, leg.up_to - share) / leg.each_second
    if seconds < needed then
      return math.min(WHOLE, share + seconds * leg.each_second)
    end
    share, seconds = math.max(share, leg.up_to), seconds - needed
  end
  return WHOLE
end

local function step_of(timeline, now, setting)
  local wanted = math.max(setting, timeline.override or 0)
  return math.ceil(wanted * WHOLE / share_of(timeline, now))
end

-- FOREVER, an instant to come, or 0.
local function pause_of(timeline, now)
  local pause = timeline.pause or 0
  if pause == FOREVER or pause > now then
    return pause
  end
  return 0
end

-- The earliest instant that may be booked, and whether the history was lost: the hash is gone, or another server
-- run wrote it, or this server's clock went back. Then nothing is booked within reach of what may have been given away.
local function earliest(timeline, now, step, reach)
  local quiet = now + math.max(SECOND, step) + reach
  local known = timeline.next and timeline.next <= quiet and timeline.run == run_id()
  if not known then
    return quiet, true
  end
  return math.max(timeline.next, now), false
end

-- Bookings of the present second and of the one before.
local function tally(timeline, now)
  local second = math.floor(now / SECOND)
  if timeline.second == second then
    return second, timeline.booked, timeline.before
  elseif timeline.second == second - 1 then
    return second, 0, timeline.booked
  end
  return second, 0, 0
end
