-- Read the timeline, for all scripts that book slots or change the rate.
--
-- KEYS[1] is one hash. It never expires, because a missing hash means that the booked slots are unknown:
--   next             the first time that is not booked
--   run              the server's run id when `next` was written
--   pause            the time until which nothing is booked, or FOREVER
--   override         the step that an operator set
--   share, refused   the share of the rate after the last cut, and before it (in millionths)
--   cut_at           the time of the last cut
--   refusals         the number of calls that the provider refused in the second `refused_in`
--   second           the last second in which slots were booked
--   booked, before   the number of slots booked in that second, and in the second before it
--
-- A step is the distance between two slots in microseconds.

local FULL_SHARE = 1000000
local MIN_SHARE = FULL_SHARE / 100    -- after any number of cuts
local CUT_FACTOR = 0.7                -- one cut multiplies the rate by this
local TOLERATED_REFUSALS = 0.03       -- the part of the calls in up to two seconds that may be refused without a cut

local FIELDS = { 'next', 'pause', 'override', 'share', 'refused', 'cut_at', 'refusals', 'refused_in', 'second', 'booked',
  'before' }

local function read_timeline()
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

-- The seconds since a time. A time in the future means that this clock was set back; then only the distance is known.
local function seconds_since(time, now)
  return math.abs(now - time) / SECOND
end

-- The share of the rate that is used now. After a cut it rises quickly to just below the refused share, then slowly,
-- because that may still be the provider's limit, and then faster again if there are no more refusals.
local function share_of(timeline, now)
  local share, refused = timeline.share or FULL_SHARE, timeline.refused or FULL_SHARE
  local seconds = seconds_since(timeline.cut_at or now, now)
  local phases = {
    { up_to = 0.95 * refused, each_second = refused / 10 },
    { up_to = 1.05 * refused, each_second = refused / 200 },
    { up_to = FULL_SHARE, each_second = FULL_SHARE / 50 },
  }
  for _, phase in ipairs(phases) do
    local needed = math.max(0, phase.up_to - share) / phase.each_second
    if seconds < needed then
      return math.min(FULL_SHARE, share + seconds * phase.each_second)
    end
    share, seconds = math.max(share, phase.up_to), seconds - needed
  end
  return FULL_SHARE
end

local function step_of(timeline, now, setting)
  local wanted = math.max(setting, timeline.override or 0)
  return math.ceil(wanted * FULL_SHARE / share_of(timeline, now))
end

-- FOREVER, a time in the future, or 0.
local function pause_of(timeline, now)
  local pause = timeline.pause or 0
  if pause == FOREVER or pause > now then
    return pause
  end
  return 0
end

-- The first free slot, and whether the booked slots are unknown: the hash is missing, another run of the server wrote
-- it, or this server's clock was set back. Then the first slot comes after all slots that may have been booked.
local function first_free(timeline, now, step, reach)
  local after_unknown = now + math.max(SECOND, step) + reach
  local known = timeline.next and timeline.next <= after_unknown and timeline.run == run_id()
  if not known then
    return after_unknown, true
  end
  return math.max(timeline.next, now), false
end

-- The present second, and the number of slots booked in it and in the second before.
local function recent_bookings(timeline, now)
  local second = math.floor(now / SECOND)
  if timeline.second == second then
    return second, timeline.booked, timeline.before
  elseif timeline.second == second - 1 then
    return second, 0, timeline.booked
  end
  return second, 0, 0
end
