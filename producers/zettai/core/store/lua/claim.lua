-- include history.lua
-- include messages.lua
-- Gives a worker the right to act on messages for a limited time. KEYS: for each message, its record and body.
-- ARGV: JSON list of tags, claim id, claim timeout (ms), reserve_from (ms), held_for (ms).
-- Returns for each message: false (nothing to do), "newer_version" (only newer workers understand the record), or
-- {kind, fields of the record, body}. `kind` is "send", "reserve" (send with its scheduleTime) or "look_up" (the
-- provider may have the message: ask, do not send).
local tags, claim_id = cjson.decode(ARGV[1]), ARGV[2]
local claim_timeout, reserve_from, held_for = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])

local function answer(kind, record, body)
  return { kind, redis.call('HGETALL', record), redis.call('GET', body) }
end

-- Returns whether sending is suspended, and whether that is because the circuit is open. At the time of a retry it
-- returns false once, so that one message tries, and sets the time of the next retry.
local function suspended()
  local retry_at, retry_every, circuit_open =
    unpack(redis.call('HMGET', SUSPENSION, 'retry_at', 'retry_every', 'circuit_open'))
  if not retry_at then
    return false, false
  elseif tonumber(retry_at) > now then
    return true, circuit_open
  end
  redis.call('HSET', SUSPENSION, 'retry_at', integer(now + retry_every))
  return false, false
end

-- Records how far the queue of a lane was processed. find_lost_tasks.lua compares waiting messages with it.
local function record_progress(tag, lane)
  local published = redis.call('ZSCORE', WAITING[lane], tag)
  local claimed_up_to = redis.call('HGET', CLAIMED_UP_TO, lane)
  if published and (not claimed_up_to or tonumber(published) > tonumber(claimed_up_to)) then
    redis.call('HSET', CLAIMED_UP_TO, lane, integer(published))
  end
end

local function claim(tag, record, body)
  local state, lane, expires, send_at, cancel_requested, present_claim, version =
    unpack(redis.call('HMGET', record, 'state', 'lane', 'expires', 'send_at', 'cancel_requested', 'claim_id', 'v'))
  if state == 'submitting' and present_claim == claim_id then
    -- The answer to this claim was lost. Answer again.
    return answer(redis.call('HGET', record, 'reserved') and 'reserve' or 'send', record, body)
  end
  if state ~= 'queued' and state ~= 'submit_unknown' then
    return false
  elseif version and tonumber(version) > VERSION then
    return 'newer_version'
  end
  local due = redis.call('ZSCORE', DUE_TO_SEND, tag)
  if due and tonumber(due) > now then
    return false
  end
  record_progress(tag, lane)

  local unknown = state == 'submit_unknown'
  local reserve = send_at and tonumber(send_at) >= now + reserve_from
  local too_near_to_reserve = send_at and tonumber(send_at) > now and not reserve
  local expired = tonumber(expires) <= now
  if not unknown and expired then
    change_state(record, body, tag, state, 'expired', 'not sent in time')
    return false
  elseif not unknown and too_near_to_reserve then
    move_to_index(tag, lane, state, tonumber(send_at))
    return false
  end
  -- If the outcome of the last attempt is unknown, the message is sent again with the same tag: the provider refuses a
  -- tag that it has. Without that, a message that a dead worker claimed and did not send would never be sent. It is only
  -- looked up if it must not be sent now: expired, too near to its time, or canceled. Exception: a reservation is sent
  -- again even if it is canceled, because only a reservation that the provider has for certain can be canceled.
  local only_look_up = unknown and (expired or too_near_to_reserve or (cancel_requested and not reserve))
  local is_suspended, circuit_open = suspended()
  if unknown and is_suspended and circuit_open then
    move_to_index(tag, lane, state, now + held_for)
    return false
  elseif only_look_up or (unknown and is_suspended) then
    move_to_index(tag, lane, state, now + claim_timeout)
    return answer('look_up', record, body)
  elseif is_suspended then
    local reason = redis.call('HGET', SUSPENSION, 'reason')
    change_state(record, body, tag, state, 'held', reason, math.min(now + held_for, tonumber(expires)))
    return false
  end
  change_state(record, body, tag, state, 'submitting', 'attempt', now + claim_timeout)
  redis.call('HSET', record, 'claim_id', claim_id, 'claimed_until', integer(now + claim_timeout))
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
  answers[number] = claim(tag, keys_of(number, 2))
end
save_counters()
return answers
