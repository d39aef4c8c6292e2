-- include calendar.lua
-- include counters.lua
-- Counts the billed parts that the provider reports: by the month in which they are counted, the month in which the
-- message was sent, and the carrier that the provider found. billed_parts.py reads them.

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
  local months = month_in_japan(now) .. ' ' .. month_in_japan(tonumber(sent) or now) .. ' '
  if old_parts then
    add_to_counter(BILLED_PARTS, months .. (old_carrier or 'unknown'), -tonumber(old_parts))
  end
  if parts or old_parts then
    add_to_counter(BILLED_PARTS, months .. (carrier or old_carrier or 'unknown'), tonumber(parts or old_parts))
  end
end
