-- include counters.lua
-- Counts the billed parts that the provider reports: by the month in which they are counted, the month in which the
-- message was sent, and the carrier that the provider found. billed_parts.py reads them.

local HOUR = 3600 * 1000
local DAYS_OF_400_YEARS = 146097

-- Returns the month of a time in Japan, such as "2026-11". Lua has no calendar in Redis. The years here begin in March, so
-- that a leap day is the last day of its year.
local function month_of(milliseconds)
  local days = math.floor((milliseconds + 9 * HOUR) / (24 * HOUR)) + 719468 -- since March 1 of the year 0
  local cycles, day = math.floor(days / DAYS_OF_400_YEARS), days % DAYS_OF_400_YEARS
  local year = math.floor((day - math.floor(day / 1460) + math.floor(day / 36524) - math.floor(day / 146096)) / 365)
  local day_of_year = day - 365 * year - math.floor(year / 4) + math.floor(year / 100)
  local month = math.floor((5 * day_of_year + 2) / 153) + 3
  year = year + 400 * cycles
  return month > 12 and string.format('%04d-%02d', year + 1, month - 12) or string.format('%04d-%02d', year, month)
end

local function value_of(fields, name)
  for position = 1, #fields, 2 do
    if fields[position] == name then
      return fields[position + 1]
    end
  end
end

-- Counts the parts among the fields that are about to be set in a record. What was counted for this message before, for
-- another carrier or with another number, is taken back.
local function count_parts(record, fields)
  local parts, carrier = value_of(fields, 'parts'), value_of(fields, 'carrier_found')
  if not parts and not carrier then
    return
  end
  local old_parts, old_carrier, sent = unpack(redis.call('HMGET', record, 'parts', 'carrier_found', 'sent'))
  local months = month_of(now) .. ' ' .. month_of(tonumber(sent) or now) .. ' '
  if old_parts then
    add_to_counter(BILLED_PARTS, months .. (old_carrier or 'unknown'), -tonumber(old_parts))
  end
  if parts or old_parts then
    add_to_counter(BILLED_PARTS, months .. (carrier or old_carrier or 'unknown'), tonumber(parts or old_parts))
  end
end
