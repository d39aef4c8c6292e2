-- Damaged records: they are put aside, so that the other messages of a batch go on.

-- Returns whether a record lacks a field that every record has, or has a value that cannot be right.
local function is_damaged(record)
  local to, state, lane, since, created, expires, events =
    unpack(redis.call('HMGET', record, 'to', 'state', 'lane', 'since', 'created', 'expires', 'events'))
  local is_complete = to and ALLOWED[state] and WAITING[lane]
    and tonumber(since) and tonumber(created) and tonumber(expires) and tonumber(events)
  return not is_complete and redis.call('EXISTS', record) == 1
end

-- Removes a message from all indexes from which it is picked up, and lists it in the quarantine.
local function quarantine(tag)
  for _, index in ipairs({ WAITING, STATE }) do
    for _, key in pairs(index) do
      redis.call('ZREM', key, tag)
    end
  end
  redis.call('ZREM', DUE_TO_SEND, tag)
  redis.call('ZREM', DUE_TO_CHECK, tag)
  redis.call('ZADD', QUARANTINE, 'NX', integer(now), tag)
end

-- Calls `act(item, keys…)` for each item, which is a tag or has one, and returns the answers. The answer for a damaged
-- record is false.
local function for_each(items, width, act)
  local answers = {}
  for number, item in ipairs(items) do
    local record = keys_of(number, width)
    if is_damaged(record) then
      quarantine(type(item) == 'table' and item.tag or item)
      answers[number] = false
    else
      answers[number] = act(item, keys_of(number, width))
    end
  end
  return answers
end
