-- Counts what scripts do. counters.py reads the counters.

local new_counts = {}

local function add_to_counter(key, field, number)
  local counts = new_counts[key] or {}
  new_counts[key] = counts
  counts[field] = (counts[field] or 0) + number
end

-- Counts a message of a group into a state (1), or out of it (-1).
local function count_in_group(group, lane, state, number)
  if group then
    add_to_counter(GROUP_STATES, lane .. ' ' .. state .. ' ' .. group, number)
  end
end

-- Counts a message that enters a state and, for a delivery, how long it took.
local function count_transition(lane, state, carrier, sent)
  add_to_counter(TRANSITIONS, lane .. ' ' .. state .. ' ' .. carrier, 1)
  if state ~= 'delivered' or not sent then
    return
  end
  local duration = math.max(0, now - sent)
  local bucket = 'inf'
  for _, seconds in ipairs(BUCKETS) do
    if duration <= seconds * 1000 then
      bucket = seconds
      break
    end
  end
  add_to_counter(DELIVERIES, carrier .. ' ' .. bucket, 1)
  add_to_counter(DELIVERIES, carrier .. ' ms', duration)
end

-- Writes the counts of this run to Redis, once for each counter. Every script that changes states ends with this call.
local function save_counters()
  for key, fields in pairs(new_counts) do
    for field, number in pairs(fields) do
      if number ~= 0 and redis.call('HINCRBY', key, field, integer(number)) == 0 then
        redis.call('HDEL', key, field)
      end
    end
  end
end
