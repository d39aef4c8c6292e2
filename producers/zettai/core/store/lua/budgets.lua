-- include calendar.lua
-- Budgets: how many billed parts were recorded in a day and in a month, in Japan time. SPENT has a field for each
-- budget of a period, such as "2026-11-27 group spring". A message that was never sent gives its parts back.

local parts_of_fields = {} -- what SPENT has, with the messages of this run

local periods

-- Returns the field of a budget, which a message names as "day group spring".
local function field_of(counted_as)
  periods = periods or { day = day_in_japan(now), month = month_in_japan(now) }
  local period, name = counted_as:match('^(%a+) (.*)$')
  return periods[period] .. ' ' .. name
end

local function spent(field)
  parts_of_fields[field] = parts_of_fields[field] or tonumber(redis.call('HGET', SPENT, field) or 0)
  return parts_of_fields[field]
end

local function charge_field(field, parts)
  parts_of_fields[field] = spent(field) + parts
  add_to_counter(SPENT, field, parts)
end

-- Returns what a recorded message was charged: {parts, fields}, or nil.
local function charges_of(record)
  local charges = redis.call('HGET', record, 'charges')
  return charges and cjson.decode(charges) or nil
end

-- Returns the position of the first budget that a message would exceed, or nil. `budgets` is a list of {position, counted
-- as, limit?}. `given_back` is what another message gives back if this one is recorded, as `charges_of` returns it.
local function exceeded_budget(message, given_back)
  for _, budget in ipairs(message.budgets or {}) do
    local field = field_of(budget[2])
    local used = spent(field)
    for _, other in ipairs(given_back and given_back.fields or {}) do
      used = other == field and used - given_back.parts or used
    end
    if budget[3] and used + message.parts > budget[3] then
      return budget[1]
    end
  end
  return nil
end

-- Charges a message to its budgets, each field once.
local function charge(message, record)
  local fields, is_charged = {}, {}
  for _, budget in ipairs(message.budgets or {}) do
    local field = field_of(budget[2])
    if not is_charged[field] then
      is_charged[field] = true
      charge_field(field, message.parts)
      fields[#fields + 1] = field
    end
  end
  if #fields > 0 then
    redis.call('HSET', record, 'charges', cjson.encode({ parts = message.parts, fields = fields }))
  end
end

-- Gives the parts back of a message that was never sent.
local function give_back_charges(record)
  local charges = charges_of(record)
  for _, field in ipairs(charges and charges.fields or {}) do
    charge_field(field, -charges.parts)
  end
end
