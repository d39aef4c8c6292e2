-- include messages.lua
-- include records.lua
-- include suspension.lua
-- Gives a worker the right to send messages for a limited time. KEYS: for each message, its record and body.
-- ARGV: JSON list of tags, claim id, claim timeout (ms), held_for (ms), reserve_from (ms), reserve_within (ms),
-- sender code of messages that name none, JSON list of the ids of the encryption keys that the worker has.
-- Returns for each message: false (nothing to send), "newer_version" (only newer workers understand the record),
-- "other_key" (it is sealed with a key that the worker does not have),
-- "quarantined" (the record is damaged), or {kind, fields of the record, body}. `kind` is "send" or "reserve" (send with its scheduleTime).
local tags, claim_id = cjson.decode(ARGV[1]), ARGV[2]
local claim_timeout, held_for = tonumber(ARGV[3]), tonumber(ARGV[4])
local reserve_from, reserve_within, default_sender = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]

local known_keys = {}
for _, key_id in ipairs(cjson.decode(ARGV[8])) do
  known_keys[key_id] = true
end

local function answer(kind, record, body)
  return { kind, redis.call('HGETALL', record), redis.call('GET', body) }
end

-- Returns the suspension for which a message must wait, and nil if it may be sent. At the time of a retry one message
-- tries. A parked message, which the provider refused before, tries only if no other one waits, or if none has tried for
-- a whole period: those that wait may be from other sender codes.
local function find_suspension(sender, parked)
  local suspensions = suspensions_of(sender)
  for _, one in ipairs(suspensions) do
    local others_may_try = parked and redis.call('ZCARD', STATE.held) > 0 and one.retry_at + one.retry_every > now
    if one.retry_at > now or others_may_try then
      return one
    end
  end
  for _, one in ipairs(suspensions) do
    redis.call('HSET', SUSPENSION, one.scope .. 'retry_at', integer(now + one.retry_every))
  end
  return nil
end

-- Returns the end of a bulk cancel that would also cancel a new reservation of this group, or nil.
local function bulk_canceled_until(group)
  local of_all, of_group = unpack(redis.call('HMGET', BULK_CANCELS, 'running', 'running ' .. (group or '')))
  local ends = math.max(tonumber(of_all) or 0, group and tonumber(of_group) or 0)
  return ends > now and ends or nil
end

-- Records how far the queue of a lane was processed. find_lost_tasks.lua compares waiting messages with it. Where groups
-- take turns, the order of the claims says nothing about tasks.
local function record_progress(tag, lane)
  if TURNS[lane] then
    return
  end
  local published = redis.call('ZSCORE', WAITING[lane], tag)
  local claimed_up_to = redis.call('HGET', CLAIMED_UP_TO, lane)
  if published and (not claimed_up_to or tonumber(published) > tonumber(claimed_up_to)) then
    redis.call('HSET', CLAIMED_UP_TO, lane, integer(published))
  end
end

-- Keeps a message until sending may resume. With an unknown outcome its state stays. That of a parked one too: while a
-- message is `held`, no parked one tries, so two parked ones would wait for each other.
local function wait_for_retry(tag, record, body, suspension)
  local state, lane, expires, parked = unpack(redis.call('HMGET', record, 'state', 'lane', 'expires', 'parked'))
  local due = math.min(now + held_for, tonumber(expires))
  if state == 'queued' and not parked then
    change_state(record, body, tag, state, 'held', suspension.reason, due)
    return
  end
  if lane == 'urgent' then
    due = math.min(due, math.max(suspension.retry_at, now + 1000))
  end
  move_to_index(record, tag, lane, state, due)
end

-- Lets a message wait for its group: during a pause, outside of the window, or during a bulk cancel.
-- `reserved_for` is the send time of a message that is to be reserved. Returns whether it waits.
local function waits_for_group(tag, record, state, lane, group, reserved_for)
  local is_controlled = lane ~= 'urgent' and control_of(group) ~= nil
  if is_controlled and blocked_until(group) then
    if redis.call('ZSCORE', WAITING[lane], tag) then
      put_back(lane, group, tag)
    end
    return true
  elseif is_controlled and reserved_for and not is_open_at(group, tonumber(reserved_for)) then
    move_to_index(record, tag, lane, state, tonumber(reserved_for)) -- the provider would send it then
    return true
  end
  local canceled_until = reserved_for and bulk_canceled_until(group)
  if canceled_until then
    move_to_index(record, tag, lane, state, math.min(canceled_until, tonumber(reserved_for)))
    return true
  end
  return false
end

-- Records that an attempt begins, under this claim.
local function begin_attempt(tag, record, body, state, sender, reserve)
  change_state(record, body, tag, state, 'submitting', 'attempt', now + claim_timeout)
  redis.call('HSET', record, 'claim_id', claim_id, 'claimed_until', integer(now + claim_timeout),
    'sms_code', sender)
  redis.call('HINCRBY', record, 'attempts', 1)
  redis.call('HDEL', record, 'not_found_since', 'reserved') -- only look-ups after this attempt count
  if reserve then
    redis.call('HSET', record, 'reserved', 1)
  end
end

local function claim(tag, record, body)
  local state, lane, expires, send_at, present_claim, version, group, parked, reservation_refused, to_key, category,
    sealed_by =
    unpack(redis.call('HMGET', record, 'state', 'lane', 'expires', 'send_at', 'claim_id', 'v', 'group', 'parked',
      'reservation_refused', 'to_key', 'category', 'sealed_by'))
  if state == 'submitting' and present_claim == claim_id then
    -- The answer to this claim was lost. Answer again.
    return answer(redis.call('HGET', record, 'reserved') and 'reserve' or 'send', record, body)
  end
  if state ~= 'queued' and state ~= 'submit_unknown' then
    return false
  elseif version and tonumber(version) > VERSION then
    return 'newer_version'
  elseif sealed_by and not known_keys[sealed_by] then
    return 'other_key'
  end
  local due = redis.call('ZSCORE', DUE_TO_SEND, tag)
  if due and tonumber(due) > now then
    return false
  end
  record_progress(tag, lane)

  local suppressed = is_suppressed(to_key, category)
  if suppressed and state == 'queued' then
    cancel_suppressed(record, body, tag, state, 'claimed')
    return false
  elseif suppressed then
    request_suppression(record)
  end
  local reserve, waits_until = may_reserve(send_at, reservation_refused, reserve_from, reserve_within)
  if state == 'submit_unknown' then
    if must_only_look_up(record, reserve_from, reserve_within) then
      look_up_now(tag, lane)
      return false
    end
  elseif tonumber(expires) <= now then
    change_state(record, body, tag, state, 'expired', 'not sent in time')
    return false
  elseif waits_until then
    move_to_index(record, tag, lane, state, waits_until)
    return false
  end
  if waits_for_group(tag, record, state, lane, group, reserve and send_at) then
    return false
  end
  local sender = sender_of(record, default_sender)
  local suspension = find_suspension(sender, parked)
  if suspension then
    wait_for_retry(tag, record, body, suspension)
    return false
  end
  begin_attempt(tag, record, body, state, sender, reserve)
  return answer(reserve and 'reserve' or 'send', record, body)
end

local answers = for_each(tags, 2, claim)
save_counters()
return answers
