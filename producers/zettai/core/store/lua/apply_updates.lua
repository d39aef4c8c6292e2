-- include history.lua
-- include messages.lua
-- Applies updates to messages. KEYS: for each message, its record and body.
-- ARGV[1]: JSON list of {tag, expected_states, claim_id?, to?, reason?, due_in? (ms), fields, not_attempted?}.
--   `fields` is a list of names and values. Without `to` the state stays; only the fields and the due time change.
-- Returns for each message its state afterwards, or false if the update came too late and changed nothing.

-- Resumes sending if the provider took a message that was submitted after sending was suspended.
local function resume_after_success(submitted_at)
  local suspended_since = redis.call('HGET', SUSPENSION, 'since')
  if suspended_since and submitted_at > tonumber(suspended_since) then
    redis.call('DEL', SUSPENSION)
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

local function apply(update, record, body)
  local state, lane, since, claim_id, cancel_requested, outcome_unknown = unpack(
    redis.call('HMGET', record, 'state', 'lane', 'since', 'claim_id', 'cancel_requested', 'outcome_unknown'))
  if not state or not contains(update.expected_states, state) then
    return false
  elseif update.claim_id and update.claim_id ~= claim_id then
    return false
  end
  local to, reason = update.to or state, update.reason
  -- A requested cancellation is done as soon as it is certain that the provider does not have the message.
  local would_wait = to == 'queued' or to == 'held'
  if update.to and cancel_requested and not outcome_unknown and ALLOWED[state][to] and would_wait then
    to, reason = 'canceled', 'on request'
  end
  local due = update.due_in and now + update.due_in
  if update.to then
    change_state(record, body, update.tag, state, to, reason, due, update.fields)
  else
    move_to_index(update.tag, lane, state, due)
    set_fields(record, update.fields)
  end
  if update.not_attempted then
    redis.call('HINCRBY', record, 'attempts', -1)
  end
  if state == 'submitting' and AT_PROVIDER[to] then
    resume_after_success(tonumber(since))
  end
  return to
end

local answers = {}
for number, update in ipairs(cjson.decode(ARGV[1])) do
  answers[number] = apply(update, keys_of(number, 2))
end
save_counters()
return answers
