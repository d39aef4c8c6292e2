-- Cancels what was not sent yet, and records the wish for what may be. KEYS: for each, its record and body.
-- ARGV: JSON list of tags, grace (ms). Answers for each: "canceled", "pending", "reserved" (the provider must
-- be told), "too_late" or "not_found".
local function cancel(tag, record, body)
  local state = redis.call('HGET', record, 'state')
  if not state then
    return 'not_found'
  elseif state == 'queued' or state == 'held' then
    move(record, body, tag, state, 'canceled', 'on request')
    return 'canceled'
  elseif state == 'canceled' then
    return 'canceled'
  elseif state == 'submitting' or state == 'submit_unknown' then
    redis.call('HSET', record, 'cancel', 1)
    return 'pending'
  elseif state == 'scheduled' then
    redis.call('HSET', record, 'cancel', 1)
    -- Should the task be lost, the next check of what is due carries the wish out.
    redis.call('ZADD', DUE_TO_CHECK, integer(now + ARGV[2]), tag)
    return 'reserved'
  end
  return 'too_late'
end

local answers = {}
for number, tag in ipairs(cjson.decode(ARGV[1])) do
  local record, body = unpack(KEYS, FIRST_KEY + 2 * number - 2, FIRST_KEY + 2 * number - 1)
  answers[number] = cancel(tag, record, body)
end
return counted(answers)
