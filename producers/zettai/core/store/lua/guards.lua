-- include memory.lua
-- include loops.lua
-- The guards: what is refused when messages are recorded. Nothing of a refused message is kept, but the refusal is counted.

-- Returns the times of the latest messages that a counter has, oldest first. A counter is a text with times in milliseconds.
local function times_in(counter)
  local times = {}
  for at in (redis.call('GET', counter) or ''):gmatch('%d+') do
    times[#times + 1] = tonumber(at)
  end
  return times
end

-- Returns nil if one more message keeps all rates, or the milliseconds until it does. A rate is {count, period (ms)}.
local function wait_for(rates, times)
  local wait
  for _, rate in ipairs(rates) do
    local first = times[#times - rate[1] + 1]
    if first and first + rate[2] > now then
      wait = math.max(wait or 0, first + rate[2] - now)
    end
  end
  return wait
end

-- Counts a message in a counter, which keeps as many times as the rates need. Returns nil, or the milliseconds to wait if the
-- message would exceed a rate.
local function count_in(counter, rates)
  local most, longest = 0, 0
  for _, rate in ipairs(rates) do
    most, longest = math.max(most, rate[1]), math.max(longest, rate[2])
  end
  if redis.call('SET', counter, integer(now), 'PX', longest, 'NX') then
    return nil -- the usual case: no other message within the longest period
  end
  local times = times_in(counter)
  local wait = wait_for(rates, times)
  if not wait then
    times[#times + 1] = now
    local kept = {}
    for position = math.max(1, #times - most + 1), #times do
      kept[#kept + 1] = integer(times[position])
    end
    redis.call('SET', counter, table.concat(kept, ' '), 'PX', longest)
  end
  return wait
end

local is_minute_begun

-- Counts a message by a hash of its number and text. Returns how many had the same hash in this minute.
local function count_same_text(text)
  if not is_minute_begun then
    is_minute_begun = true
    local minute = integer(math.floor(now / 60000))
    if redis.call('HGET', SAME_TEXT, 'minute') ~= minute then
      redis.call('UNLINK', SAME_TEXT)
      redis.call('HSET', SAME_TEXT, 'minute', minute)
      redis.call('PEXPIRE', SAME_TEXT, 120000)
    end
  end
  return redis.call('HINCRBY', SAME_TEXT, text, 1)
end

-- Counts a refusal, and returns the answer of the script for it.
local function refuse(guard, detail)
  add_to_counter(REFUSED, guard, 1)
  return 'refused ' .. guard .. ' ' .. integer(detail or 0)
end

-- Counts a message, and returns nil; or returns the answer of the guard that refuses it. `rules` is {number, same_text?,
-- loop_factor?}: rates, and limits. `counter` is the key that counts the urgent messages to its number, if they are counted.
local function guard(message, rules, counter)
  if message.not_allowed then
    return refuse('not_allowed')
  elseif not has_room(message.lane) then
    return refuse('memory')
  end
  local budget = message.budgets and exceeded_budget(message)
  if budget then
    return refuse('budget', budget)
  elseif message.producer and is_looping(message.producer, message.lane, rules.loop_factor) then
    return refuse('loop')
  elseif message.text and count_same_text(message.text) > rules.same_text then
    return refuse('same_text', 60000 - now % 60000)
  end
  local wait = counter and count_in(counter, rules.number)
  return wait and refuse('number', wait) or nil
end
