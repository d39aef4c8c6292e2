-- Gives a worker the right to act on messages. KEYS: for each, its record and body.
-- ARGV: JSON list of tags, lease token, lease (ms), reserve_from (ms), how long to hold a message (ms).
-- Answers for each: false (nothing to do), "later" (left to workers of a later version), or
-- {what, fields of the record..., body}, where `what` is "send", "reserve" (send with its scheduleTime) or
-- "look_up" (it may have been taken: ask, do not send).
local tags, token = cjson.decode(ARGV[1]), ARGV[2]
local lease, reserve_from, hold = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])

local function answer(what, record, body)
  return { what, redis.call('HGETALL', record), redis.call('GET', body) }
end

-- Whether sending is held, and whether because the provider is down. Whenever the time for it has come, one message
-- may try: it is not held.
local function held()
  local until_, every, outage = unpack(redis.call('HMGET', HOLD, 'until', 'every', 'outage'))
  if not until_ then
    return false, false
  elseif tonumber(until_) > now then
    return true, outage
  end
  redis.call('HSET', HOLD, 'until', integer(now + every))
  return false, false
end

local function mark_passed(tag, lane)
  local published = redis.call('ZSCORE', WAITING[lane], tag)
  local passed = redis.call('HGET', PASSED, lane)
  if published and (not passed or tonumber(published) > tonumber(passed)) then
    redis.call('HSET', PASSED, lane, integer(published))
  end
end

local function claim(tag, record, body)
  local state, lane, expires, send_at, canceling, holder, version =
    unpack(redis.call('HMGET', record, 'state', 'lane', 'expires', 'send_at', 'cancel', 'lease', 'v'))
  if state == 'submitting' and holder == token then
    return answer(redis.call('HGET', record, 'reserved') and 'reserve' or 'send', record, body)
  end
  if state ~= 'queued' and state ~= 'submit_unknown' then
    return false
  elseif version and tonumber(version) > VERSION then
    return 'later'
  end
  local due = redis.call('ZSCORE', DUE_TO_SEND, tag)
  if due and tonumber(due) > now then
    return false
  end
  mark_passed(tag, lane)

  local unsure = state == 'submit_unknown'
  local reserve = send_at and tonumber(send_at) >= now + reserve_from
  local out_of_time = tonumber(expires) <= now
  if not unsure and out_of_time then
    move(record, body, tag, state, 'expired', 'not sent in time')
    return false
  elseif not unsure and send_at and tonumber(send_at) > now and not reserve then
    take_place(tag, lane, state, tonumber(send_at))
    return false
  end
  -- In doubt, the same tag is asked for again, which the provider refuses if it has it: without that, what a dead worker
  -- had claimed and not sent would never be sent. A wish to cancel forbids it, except for a reservation: only one that
  -- the provider surely has can surely be canceled. Just before its time a message waits: too late to be reserved.
  local too_near = send_at and tonumber(send_at) > now and not reserve
  local only_look_up = unsure and (out_of_time or too_near or (canceling and not reserve))
  local is_held, is_down = held()
  if unsure and is_held and is_down then
    take_place(tag, lane, state, now + hold)
    return false
  elseif only_look_up or (unsure and is_held) then
    take_place(tag, lane, state, now + lease)
    return answer('look_up', record, body)
  elseif is_held then
    move(record, body, tag, state, 'held', redis.call('HGET', HOLD, 'reason'), math.min(now + hold, tonumber(expires)))
    return false
  end
  move(record, body, tag, state, 'submitting', 'attempt', now + lease)
  redis.call('HSET', record, 'lease', token, 'leased_until', integer(now + lease))
  redis.call('HINCRBY', record, 'attempts', 1)
  if reserve then
    redis.call('HSET', record, 'reserved', 1)
  else
    redis.call('HDEL', record, 'reserved')
  end
  return answer(reserve and 'reserve' or 'send', record, body)
end

local answers = {}
for number, tag in ipairs(tags) do
  local record, body = unpack(KEYS, FIRST_KEY + 2 * number - 2, FIRST_KEY + 2 * number - 1)
  answers[number] = claim(tag, record, body)
end
return counted(answers)
