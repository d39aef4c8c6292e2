-- include messages.lua
-- Gives the records of version 0.1.0 the present fields. Records that have them are not changed.
-- KEYS: for each message, its record and body. ARGV: JSON list of tags.
-- Returns how many records were changed.

local NAMES = { moves = 'events', lease = 'claim_id', leased_until = 'claimed_until' }

-- Returns when the outcome of a message became unknown for the first time, as far as its history shows.
local function unknown_since(record)
  local created, since, events = unpack(redis.call('HMGET', record, 'created', 'since', 'events'))
  for number = 1, tonumber(events) do
    local age = (redis.call('HGET', record, 'h' .. number) or ''):match('^(%d+) submit_unknown ')
    if age then
      return integer(created + age)
    end
  end
  return since
end

-- Returns whether a message has a time at which it is picked up.
local function is_due(tag)
  return redis.call('ZSCORE', DUE_TO_SEND, tag) or redis.call('ZSCORE', DUE_TO_CHECK, tag)
end

local function upgrade(tag, record)
  if redis.call('HEXISTS', record, 'moves') == 0 or redis.call('HEXISTS', record, 'events') == 1 then
    return 0
  end
  for old, new in pairs(NAMES) do
    local value = redis.call('HGET', record, old)
    if value then
      redis.call('HSET', record, new, value)
    end
  end
  local state, lane, since, group, cancel, unsure =
    unpack(redis.call('HMGET', record, 'state', 'lane', 'since', 'group', 'cancel', 'unsure'))
  if cancel then
    redis.call('HSET', record, 'cancel_requested', integer(now))
  end
  if unsure then
    redis.call('HSET', record, 'unknown_since', unknown_since(record))
  end
  redis.call('HSET', record, 'v', VERSION)
  redis.call('HDEL', record, 'moves', 'lease', 'leased_until', 'cancel', 'unsure')
  if FINAL[state] then
    redis.call('HDEL', record, 'digest') -- it had no key
  elseif group then
    open_in_group(group)
  end
  count_in_group(group, lane, state, 1)
  redis.call('ZREM', QUARANTINE, tag)
  redis.call('ZADD', STATE[state], since, tag)
  if not is_due(tag) then
    move_to_index(record, tag, lane, state, now)
  end
  return 1
end

local changed = 0
for number, tag in ipairs(cjson.decode(ARGV[1])) do
  changed = changed + upgrade(tag, (keys_of(number, 2)))
end
save_counters()
return changed
