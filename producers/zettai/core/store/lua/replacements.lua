-- Replacements: a message that is canceled, and the successor that is recorded in the same step.
-- `REPLACEMENTS` has two fields for each one that waits for a cancel: `old TAG` is the prepared successor as JSON
-- {message, record, body, group, owned, request}, and `new TAG` is the tag of the message that it replaces.

local function prepared_successor(tag)
  local prepared = redis.call('HGET', REPLACEMENTS, 'old ' .. tag)
  return prepared and cjson.decode(prepared) or nil
end

-- Prepares the successor of a message, until its cancel is confirmed.
local function prepare_successor(tag, new_tag, prepared)
  redis.call('HSET', REPLACEMENTS, 'old ' .. tag, prepared, 'new ' .. new_tag, tag)
  add_to_counter(REPLACEMENT_OUTCOMES, 'pending', 1)
end

-- Removes the prepared successor of a message, counts the outcome, and returns the successor, or nil without one.
local function take_successor(tag, outcome)
  local prepared = prepared_successor(tag)
  if prepared then
    redis.call('HDEL', REPLACEMENTS, 'old ' .. tag, 'new ' .. prepared.message.tag)
    add_to_counter(REPLACEMENT_OUTCOMES, 'pending', -1)
    add_to_counter(REPLACEMENT_OUTCOMES, outcome, 1)
  end
  return prepared
end

-- Records the successor of a message that was not sent and will not be. It is due at once: a claim decides when it goes
-- to the provider. If the person is erased, the successor is erased when it ends, as the message would be.
local function record_successor(record, prepared)
  local message = prepared.message
  record_message(message, prepared.record, prepared.body)
  if message.group then
    redis.call('ZADD', prepared.group, integer(now), message.tag)
  end
  if message.owner then
    redis.call('ZADD', prepared.owned, integer(now), message.tag)
  end
  redis.call('ZADD', STATE.queued, integer(now), message.tag)
  redis.call('ZADD', DUE_TO_SEND, integer(now), message.tag)
  local erase_requested = redis.call('HGET', record, 'erase_requested')
  if erase_requested then
    redis.call('HSET', prepared.record, 'erase_requested', erase_requested)
  end
  redis.call('HSET', record, 'replaced_by', message.tag, 'replace_request', prepared.request)
end
