-- include history.lua
-- include counters.lua
-- include billed_parts.lua
-- include events.lua
-- include reservations.lua
-- include suppressions.lua
-- include budgets.lua
-- include new_messages.lua
-- include replacements.lua
-- include turns.lua
-- include erasure.lua
-- Changes the state of messages, and keeps the indexes, the history and the counters in step with it.

-- A message is in one of the indexes at most.
local function remove_from_indexes(tag, lane)
  for _, index in ipairs({ DUE_TO_SEND, WAITING[lane], DUE_TO_CHECK }) do
    if redis.call('ZREM', index, tag) == 1 then
      return
    end
  end
end

-- Moves a message to the index from which it is picked up next. `due` is a time in milliseconds. A message that is not
-- at the provider and has no `due` waits for a task in the queue of its lane, and for the turn of its group.
local function move_to_index(record, tag, lane, state, due)
  remove_from_indexes(tag, lane)
  if FINAL[state] then
    return
  elseif AT_PROVIDER[state] then
    redis.call('ZADD', DUE_TO_CHECK, integer(due or now), tag)
  elseif due then
    redis.call('ZADD', DUE_TO_SEND, integer(due), tag)
  else
    redis.call('ZADD', WAITING[lane], integer(now), tag)
    wait_for_turn(lane, redis.call('HGET', record, 'group'), { tag })
  end
end

-- Returns whether a message with an unknown outcome may only be looked up. Otherwise it is sent again with the same
-- tag, because the provider refuses a tag that it has: a message that a dead worker claimed and did not send would
-- never be sent without that. A reservation is made again even if its cancel is requested, because only a reservation
-- that the provider has for certain can be canceled.
local function must_only_look_up(record, reserve_from, reserve_within)
  local expires, send_at, cancel_requested, tag_used, refused, reservation_refused = unpack(redis.call('HMGET', record,
    'expires', 'send_at', 'cancel_requested', 'tag_used', 'refused', 'reservation_refused'))
  local reserve, waits_until = may_reserve(send_at, reservation_refused, reserve_from, reserve_within)
  return tag_used or refused or tonumber(expires) <= now or waits_until or (cancel_requested and not reserve)
end

-- Returns the sender code with which a message is sent next. While the outcome of an attempt is unknown, it is the code of
-- that attempt: the provider shows a reservation only under its own code. `default` is "" if it is not known.
local function sender_of(record, default)
  local sender, sms_code, unknown_since = unpack(redis.call('HMGET', record, 'sender', 'sms_code', 'unknown_since'))
  return unknown_since and sms_code or sender or default
end

-- Makes a message with an unknown outcome due for a look-up, which is a status check with another task.
local function look_up_now(tag, lane)
  remove_from_indexes(tag, lane)
  redis.call('ZADD', DUE_TO_CHECK, integer(now), tag)
end

local function set_fields(record, fields)
  if #fields > 0 then
    count_parts(record, fields)
    redis.call('HSET', record, unpack(fields))
  end
end

-- Deletes what a record has in the states before this one only.
local function delete_fields_of_earlier_states(record, body, from, to)
  local names = from == 'submitting' and { 'claim_id', 'claimed_until' } or {}
  if not NEEDS_BODY[to] then
    redis.call('DEL', body)
    names[#names + 1] = 'to_key' -- it can be canceled no more, so nothing looks for its number
  end
  if not CANCELABLE[to] then
    names[#names + 1] = 'cancel_requested'
    names[#names + 1] = 'cancel_reason'
  end
  if AT_PROVIDER[to] then
    names[#names + 1] = 'parked'
    names[#names + 1] = 'not_found_since'
  end
  if FINAL[to] then
    names[#names + 1] = 'digest'
  end
  if #names > 0 then
    redis.call('HDEL', record, unpack(names))
  end
end

-- Sets what a record has from a state on.
local function set_fields_of_state(record, to, send_at, sent)
  if to == 'submit_unknown' then
    redis.call('HSETNX', record, 'unknown_since', integer(now))
  end
  if NEVER_SENT[to] then
    give_back_charges(record)
  end
  if to == 'scheduled' then
    redis.call('HSET', record, 'sent', send_at or integer(now))
  elseif AT_PROVIDER[to] and (not sent or tonumber(sent) > now) then
    redis.call('HSET', record, 'sent', integer(now))
  end
end

-- Moves a message from one state to another. Every change of a state goes through this function. A transition that the
-- table in states.py does not allow is a bug in the calling code, so it raises an error.
local function change_state(record, body, tag, from, to, reason, due, fields)
  if not ALLOWED[from][to] then
    error('FORBIDDEN ' .. from .. ' ' .. to)
  end
  set_fields(record, fields or {})
  redis.call('ZREM', STATE[from], tag)
  redis.call('ZADD', STATE[to], integer(now), tag)
  if to == 'scheduled' and is_recipient_suppressed(record) then
    -- It was claimed before its number was suppressed.
    request_suppression(record)
  end
  local cancel_requested, send_at, sent, lane, carrier, carrier_found, group, created_by, team, erase_requested = unpack(
    redis.call('HMGET', record, 'cancel_requested', 'send_at', 'sent', 'lane', 'carrier', 'carrier_found', 'group',
      'created_by', 'team', 'erase_requested'))
  if cancel_requested and to == 'scheduled' then
    due = now -- cancel the reservation at the next check
  end
  -- A message that was not sent and will not be gives way to its successor; one that was sent keeps its place.
  local successor = cancel_requested and not CANCELABLE[to] and take_successor(tag, NEVER_SENT[to] and 'replaced' or 'too_late')
  if successor and to == 'canceled' then
    reason = 'replaced'
  end
  move_to_index(record, tag, lane, to, due)
  delete_fields_of_earlier_states(record, body, from, to)
  set_fields_of_state(record, to, send_at, sent)
  local number = keep_latest_event(record, from)
  redis.call('HSET', record, 'state', to, 'since', integer(now), 'reason', reason, 'events', number)
  if EVENT_STATES[to] then
    append_event(to, tag, reason, group, created_by)
  end
  -- Before the group is closed, which the successor keeps open.
  if successor and NEVER_SENT[to] then
    record_successor(record, successor)
    local expires = tonumber(redis.call('HGET', successor.record, 'expires'))
    if expires <= now then
      change_state(successor.record, successor.body, successor.message.tag, 'queued', 'expired', 'not sent in time')
    end
  end
  if group and FINAL[to] and not FINAL[from] then
    close_in_group(group, team or created_by, created_by)
  end
  count_in_group(group, lane, from, -1)
  count_in_group(group, lane, to, 1)
  count_transition(lane, to, carrier_found or carrier or 'unknown', sent)
  if FINAL[to] and erase_requested then
    erase_person(tag, record, body)
  end
end

-- Cancels a message that was not sent and whose number is suppressed. `stage` says when that was found.
local function cancel_suppressed(record, body, tag, from, stage)
  change_state(record, body, tag, from, 'canceled', 'suppressed')
  add_to_counter(SUPPRESSED, stage, 1)
end
