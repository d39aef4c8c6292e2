-- Returns the day of a time in Japan, such as "2026-11-27". Japan has no summer time, and Lua no calendar in Redis. The days
-- are counted from 1 March of the year 0, so that a leap day is the last one of its year.
local function day_in_japan(milliseconds)
  local days = math.floor((milliseconds + 9 * 3600000) / 86400000) + 719468
  local cycles, day_of_cycle = math.floor(days / 146097), days % 146097 -- of 400 years
  local year = math.floor((day_of_cycle - math.floor(day_of_cycle / 1460) + math.floor(day_of_cycle / 36524)
    - math.floor(day_of_cycle / 146096)) / 365)
  local day_of_year = day_of_cycle - 365 * year - math.floor(year / 4) + math.floor(year / 100)
  local from_march = math.floor((5 * day_of_year + 2) / 153)
  local day = day_of_year - math.floor((153 * from_march + 2) / 5) + 1
  local month = from_march < 10 and from_march + 3 or from_march - 9
  return string.format('%04d-%02d-%02d', year + 400 * cycles + (month <= 2 and 1 or 0), month, day)
end

-- Returns the month of a time in Japan, such as "2026-11".
local function month_in_japan(milliseconds)
  return day_in_japan(milliseconds):sub(1, 7)
end
