-- Damaged records: they are put aside, so that the other messages of a batch go on.

-- Returns whether a record lacks a field that every record has, or has a value that cannot be right. A number that the
-- scripts cannot read would stop the whole batch. Also returns whether the message belongs to another account, whose
-- indexes this script does not have.
local function examine(record)
  local fields = redis.call('HMGET', record, 'to', 'lane', 'state', 'events', 'since', 'created', 'expires',
    'claimed_until', 'send_at', 'sent', 'attempts', 'calls', 'v', 'account')
  local to, lane, state, events, since, created, expires = unpack(fields, 1, 7)
  local is_complete = to and WAITING[lane] and ALLOWED[state] and events and since and created and expires
  for number = 4, 13 do
    local value = fields[number] or '0'
    is_complete = is_complete and #value <= 16 and value:find('^%d+$')
  end
  return not is_complete and redis.call('EXISTS', record) == 1, state and (fields[14] or '') ~= ACCOUNT
end

-- Removes a message from all indexes from which it is picked up, and lists it in the quarantine. Returns
-- "quarantined", or false if it was listed before.
local function quarantine(tag)
  for _, index in ipairs({ WAITING, STATE }) do
    for _, key in pairs(index) do
      redis.call('ZREM', key, tag)
    end
  end
  redis.call('ZREM', DUE_TO_SEND, tag)
  redis.call('ZREM', DUE_TO_CHECK, tag)
  return redis.call('ZADD', QUARANTINE, 'NX', integer(now), tag) == 1 and 'quarantined'
end

-- Calls `act(item, keys…)` for each item, which is a tag or has one, and returns the answers. The answer for a damaged
-- record is "quarantined" the first time, and then false. That for a message of another account is false.
local function for_each(items, width, act)
  local answers = {}
  for number, item in ipairs(items) do
    local is_damaged, is_of_other_account = examine((keys_of(number, width)))
    if is_damaged then
      answers[number] = quarantine(type(item) == 'table' and item.tag or item)
    elseif is_of_other_account then
      answers[number] = false
    else
      answers[number] = act(item, keys_of(number, width))
    end
  end
  return answers
end
