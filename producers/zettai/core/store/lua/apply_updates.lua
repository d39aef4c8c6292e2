-- Records what became of messages. KEYS: for each, its record and body.
-- ARGV[1]: JSON list of {tag, from = states it must be in, lease? = the token it must be held under, to?, reason?,
-- due_in? (ms), fields = name and value pairs to set, unspent? = the attempt did not count}.
-- Without `to` the state stays, and only the fields and the time of the next look change.
-- Answers for each the state it is in afterwards, or false where the order came too late and changed nothing.

-- The provider took a message that was submitted after it had refused all: so the account is not held any more.
local function end_hold(submitted)
  local at = redis.call('HGET', HOLD, 'at')
  if at and submitted > tonumber(at) then
    redis.call('DEL', HOLD)
  end
end

local function settle(order, record, body)
  local state, lane, since, lease, canceling, unsure = unpack(
    redis.call('HMGET', record, 'state', 'lane', 'since', 'lease', 'cancel', 'unsure'))
  local expected = false
  for _, from in ipairs(order.from) do
    expected = expected or from == state
  end
  if not state or not expected or (order.lease and order.lease ~= lease) then
    return false
  end
  local to, reason = order.to or state, order.reason
  -- The wish to cancel is carried out as soon as it is known that the provider has nothing.
  if order.to and canceling and not unsure and ALLOWED[state][to] and (to == 'queued' or to == 'held') then
    to, reason = 'canceled', 'on request'
  end
  local due = order.due_in and now + order.due_in
  if order.to then
    move(record, body, order.tag, state, to, reason, due, order.fields)
  else
    take_place(order.tag, lane, state, due)
    set(record, order.fields)
  end
  if order.unspent then
    redis.call('HINCRBY', record, 'attempts', -1)
  end
  if state == 'submitting' and AT_PROVIDER[to] then
    end_hold(tonumber(since))
  end
  return to
end

local answers = {}
for number, order in ipairs(cjson.decode(ARGV[1])) do
  local record, body = unpack(KEYS, FIRST_KEY + 2 * number - 2, FIRST_KEY + 2 * number - 1)
  answers[number] = settle(order, record, body)
end
return counted(answers)
