-- Hands out each tick that is due to this beat. Several beats may ask: a tick is handed out once.
--
-- KEYS: `ticks`; `claimed_up_to`; the queue of each job.
-- ARGV: milliseconds after which a tick that the workers skipped is lost; then the name, the lane and the interval in
--       milliseconds of each job.
-- Returns: now; milliseconds until the next tick is due, or -1; the names of the jobs whose tick was handed out.

local TICKS, CLAIMED_UP_TO = KEYS[1], KEYS[2]
local LOST_AFTER = tonumber(ARGV[1])

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

if redis.call('TYPE', TICKS).ok ~= 'hash' then
  redis.call('DEL', TICKS) -- what something else has written there
end

-- Returns a time; nil if there is none, or if it is no number. A time in the future is from before the clock of Redis was moved back.
local function past(key, field)
  local at = tonumber(redis.call('HGET', key, field))
  return at and at <= now and at or nil
end

local function set(field, at)
  redis.call('HSET', TICKS, field, string.format('%d', at))
end

-- Whether no worker will take the tick any more: its queue is empty, or the workers took what was published later.
local function is_lost(waiting, lane, queue)
  local taken = math.max(past(TICKS, 'taken_up_to:' .. lane) or 0, past(CLAIMED_UP_TO, lane) or 0)
  return redis.call('LLEN', queue) == 0 or taken > waiting + LOST_AFTER
end

set('beat', now)
local result, wait = { now, -1 }, math.huge
for number = 0, #KEYS - 3 do
  local name, lane, interval = unpack(ARGV, 3 * number + 2, 3 * number + 4)
  interval = tonumber(interval)
  local due = tonumber(redis.call('HGET', TICKS, 'due:' .. name)) or now + interval
  due = due <= now + interval and due or now -- the clock was moved back, or the interval is shorter now

  local waiting = past(TICKS, 'waiting:' .. name)
  local lost = waiting and is_lost(waiting, lane, KEYS[number + 3])
  if due <= now and (lost or not waiting) or lost and waiting < now - LOST_AFTER then
    set('waiting:' .. name, now)
    set('handed_out:' .. name, now)
    result[#result + 1] = name
    if due <= now then
      due = due + interval > now and due + interval or now + interval
    end
  end
  set('due:' .. name, due)
  if due > now then
    wait = math.min(wait, due - now)
  end
end
result[2] = wait == math.huge and -1 or wait
return result
