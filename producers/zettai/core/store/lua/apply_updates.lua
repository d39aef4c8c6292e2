-- include messages.lua
-- include records.lua
-- include suspension.lua
-- Applies updates to messages. KEYS: for each message, its record and body.
-- ARGV[1]: JSON list of {tag, expected_states, claim_id?, to?, reason?, due_in? (ms), fields, not_attempted?, calls?,
--   found?, overdue?}. `fields` is a list of names and values. Without `to` the state stays; only the fields and the due time
--   change. `found` says what a look-up by tag has shown.
-- Returns two values: for each message its state afterwards, false if the update came too late and changed nothing,
--   "quarantined" if the record is damaged, or "promise_broken" if the provider took a message that has a state of never
--   sent; and for each suspension that ended, its reason, its milliseconds, and its sender code or "".

local resumed = {}

-- The provider took a message. What was suspended before the message was submitted resumes.
local function resume_after_success(submitted_at, sender)
  forget_refusals(sender)
  for _, one in ipairs(suspensions_of(sender)) do
    if submitted_at > one.since then
      resume(one)
      resumed[#resumed + 1] = { one.reason, integer(now - one.began), one.scope == '' and '' or sender }
    end
  end
end

local function contains(list, value)
  for _, item in ipairs(list) do
    if item == value then
      return true
    end
  end
  return false
end

-- What look-ups have shown, and how many calls the message has cost.
local function record_calls(record, update)
  if update.calls then
    redis.call('HINCRBY', record, 'calls', update.calls)
  end
  if update.found == false then
    redis.call('HSETNX', record, 'not_found_since', integer(now))
  elseif update.found then
    redis.call('HDEL', record, 'not_found_since')
  end
end

-- Returns whether an update applies. One that proves that the provider took the message needs no claim: Redis may have
-- lost the claim, or it timed out.
local function applies(update, state, claim_id)
  if update.claim_id and AT_PROVIDER[update.to] and (state == 'submit_unknown' or WAITS_HERE[state]) then
    return true
  end
  return contains(update.expected_states, state) and (not update.claim_id or update.claim_id == claim_id)
end

local function apply(update, record, body)
  local state, lane, since, claim_id, cancel_requested, unknown_since, sms_code, cancel_reason =
    unpack(redis.call('HMGET', record, 'state', 'lane', 'since', 'claim_id', 'cancel_requested', 'unknown_since',
      'sms_code', 'cancel_reason'))
  if not state then
    return false
  elseif not applies(update, state, claim_id) then
    if update.claim_id and AT_PROVIDER[update.to] and NEVER_SENT[state] then
      redis.call('HSET', record, 'contradicted', 1)
      return 'promise_broken'
    end
    return false
  end
  record_calls(record, update)
  local to, reason = update.to or state, update.reason
  -- A requested cancellation is done as soon as it is certain that the provider does not have the message.
  if update.to and cancel_requested and not unknown_since and ALLOWED[state][to] and WAITS_HERE[to] then
    to, reason = 'canceled', cancel_reason or 'on request'
  end
  local due = update.due_in and now + update.due_in
  if update.to then
    change_state(record, body, update.tag, state, to, reason, due, update.fields)
  else
    move_to_index(record, update.tag, lane, state, due)
    set_fields(record, update.fields)
  end
  if update.overdue and redis.call('HSET', record, 'overdue', 1) == 1 then
    append_event('overdue', update.tag, '', unpack(redis.call('HMGET', record, 'group', 'created_by')))
  end
  if to == 'canceled' and reason == 'suppressed' then
    add_to_counter(SUPPRESSED, 'reserved', 1)
  end
  if update.not_attempted then
    redis.call('HINCRBY', record, 'attempts', -1)
  end
  if state == 'submitting' and AT_PROVIDER[to] then
    resume_after_success(tonumber(since), sms_code or '')
  end
  return to
end

local answers = for_each(cjson.decode(ARGV[1]), 2, apply)
save_counters()
return { answers, resumed }
