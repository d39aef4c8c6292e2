-- Time and numbers, for all scripts of the limiter. Times are microseconds of this server's clock.

local SECOND = 1000000
local FOREVER = -1

local function now_microseconds()
  local time = redis.call('TIME')
  return time[1] * SECOND + time[2]
end

-- Lua's tostring would use an exponent, and so lose the microseconds.
local function integer(number)
  return string.format('%.0f', number)
end
