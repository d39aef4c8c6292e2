-- include records.lua
-- include guesses.lua
-- include cancels.lua
-- include guards.lua
-- Replaces a message by a successor. `change_state` records the successor in the step that proves that the message is not
-- sent. Until then it is prepared; the newest request wins.
-- KEYS: the message's record and body, the successor's record.
-- ARGV: JSON list of the tag, delay (ms) until a lost task is replaced, reserve_from (ms), reserve_within (ms), the
-- successor's tag, "1" if that tag was made for this call, a fingerprint of the request, the prepared successor as JSON
-- ("" if it is too late).
-- Returns one list of two: "replaced", "pending", "reserved" (cancel the reservation at the provider), "too_late",
-- "not_found", "conflict" (the successor's tag is in use), or "refused GUARD NUMBER" as in create.lua; and the successor's
-- tag, if the message has one.
local grace, reserve_from, reserve_within = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local new_tag, is_made_tag, request, prepared = ARGV[5], ARGV[6] == '1', ARGV[7], ARGV[8]
local new_record = KEYS[FIRST_KEY + 2]

local function is_same(other_request, other_tag)
  return other_request == request and (is_made_tag or other_tag == new_tag)
end

-- Returns the answer of the guard that refuses the successor, or nil. It takes the place of a message that is not sent
-- then, so it counts as no further message to its number, and the budgets get the parts of that message back.
local function guard_successor(record)
  local message = cjson.decode(prepared).message
  if not has_room(message.lane) then
    return refuse('memory')
  end
  local budget = exceeded_budget(message, charges_of(record))
  return budget and refuse('budget', budget)
end

local function replace(tag, record, body)
  local state, replaced_by, replace_request = unpack(redis.call('HMGET', record, 'state', 'replaced_by', 'replace_request'))
  if not state then
    return { 'not_found', '' }
  end
  -- Write it again: WAITAOF waits only for writes of its own connection, and the caller may wait for the disk.
  redis.call('HSET', record, 'state', state)
  if replaced_by then
    local is_repeated = not is_guessed(record) and is_same(replace_request, replaced_by)
    if not is_repeated then
      count_conflict(record)
    end
    return { is_repeated and 'replaced' or 'too_late', replaced_by }
  elseif not CANCELABLE[state] or prepared == '' then
    add_to_counter(REPLACEMENT_OUTCOMES, 'too_late', 1)
    return { 'too_late', '' }
  end
  local pending = prepared_successor(tag)
  if pending and is_same(pending.request, pending.message.tag) then
    new_tag = pending.message.tag
  else
    local waits_for = redis.call('HGET', REPLACEMENTS, 'new ' .. new_tag)
    if redis.call('EXISTS', new_record) == 1 or (waits_for and waits_for ~= tag) then
      return { 'conflict', '' }
    end
    local refusal = guard_successor(record)
    if refusal then
      return { refusal, '' }
    end
    take_successor(tag, 'superseded')
    prepare_successor(tag, new_tag, prepared)
  end
  local outcome = request_cancel(tag, record, body, grace, reserve_from, reserve_within)
  return { outcome == 'canceled' and 'replaced' or outcome, new_tag }
end

local answers = for_each(cjson.decode(ARGV[1]), 2, replace)
save_counters()
return answers
