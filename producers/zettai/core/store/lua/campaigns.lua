-- How an operator controls the messages of a group: a pause, a pace, a window of the day. `CAMPAIGNS` has one field for each
-- controlled group, with JSON: {paused?, interval?, window?}. `interval` is in microseconds. `window` is {from, to, days,
-- holidays}: minutes of the day in Japan (`to` is on the next day after 1440), for each day from Monday "1" if it opens
-- then, and the days since 1970 on which it does not. `PACES` has the time (microseconds) of the next message of each group with a pace.
-- The urgent lane is never controlled.

local DAY, JAPAN = 86400000, 32400000 -- milliseconds; Japan has no daylight saving time
local MOST_DAYS = 400 -- that a window is searched for

local controls = {}
local is_any_controlled

-- Returns the control of a group, or nil.
local function control_of(group)
  if is_any_controlled == nil then
    is_any_controlled = redis.call('EXISTS', CAMPAIGNS) == 1
  end
  if not is_any_controlled or not group or group == '' then
    return nil
  elseif controls[group] == nil then
    local control = redis.call('HGET', CAMPAIGNS, group)
    controls[group] = control and cjson.decode(control) or false
  end
  return controls[group] or nil
end

local function is_sending_day(window, day)
  local weekday = (day + 3) % 7 -- 1970 began on a Thursday
  if window.days:sub(weekday + 1, weekday + 1) ~= '1' then
    return false
  end
  for _, holiday in ipairs(window.holidays) do
    if holiday == day then
      return false
    end
  end
  return true
end

-- Returns the first time from `at` (milliseconds) on at which a window is open: `at` itself if it is open then.
local function opens_at(window, at)
  local today = math.floor((at + JAPAN) / DAY)
  for day = today - 1, today + MOST_DAYS do -- the window of yesterday may still be open
    local midnight = day * DAY - JAPAN
    if is_sending_day(window, day) and at < midnight + window.to * 60000 then
      return math.max(at, midnight + window.from * 60000)
    end
  end
  return at + MOST_DAYS * DAY
end

-- Returns the time (milliseconds) until which nothing of a group may be sent, or nil.
local function blocked_until(group)
  local control = control_of(group)
  if not control then
    return nil
  elseif control.paused then
    return math.huge
  end
  local opens = control.window and opens_at(control.window, now) or now
  return opens > now and opens or nil
end

-- Returns whether the window of a group is open at a time (milliseconds).
local function is_open_at(group, at)
  local control = control_of(group)
  return not control or not control.window or opens_at(control.window, at) == at
end

-- Returns the time (microseconds) of the next message of a group with a pace. What was not used in the last second may
-- still be used, because workers do not take messages all the time.
local function next_in_pace(group)
  return math.max(tonumber(redis.call('HGET', PACES, group) or 0), microseconds - 1000000)
end

-- Returns how many messages of a group may be taken now, at most `most`; and if none may, the time (microseconds) from
-- which one may.
local function allowance(group, most)
  local blocked, control = blocked_until(group), control_of(group)
  if blocked then
    return 0, blocked * 1000
  elseif not control or not control.interval then
    return most
  end
  local next_at = next_in_pace(group)
  if next_at > microseconds then
    return 0, next_at
  end
  return math.min(most, math.floor((microseconds - next_at) / control.interval) + 1)
end

-- Notes that messages of a group were taken.
local function count_in_pace(group, number)
  local control = control_of(group)
  if control and control.interval and number > 0 then
    redis.call('HSET', PACES, group, integer(next_in_pace(group) + number * control.interval))
  end
end
