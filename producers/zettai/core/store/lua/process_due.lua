-- include messages.lua
-- include records.lua
-- include suspension.lua
-- Processes messages whose time to be sent (again) has come: ends them, keeps them held, or makes them ready.
-- KEYS: for each message, its record and body. ARGV: JSON list of tags, held_for (ms), give_up_after (ms),
-- reserve_from (ms), reserve_within (ms), sender code of messages that name none.
-- Returns for each message the lane in which a task must be published for it, "quarantined" (the record is damaged), or
-- false.
local tags, held_for, give_up_after = cjson.decode(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local reserve_from, reserve_within, default_sender = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
local retrying = {}

-- Returns whether a held message may try. While sending is suspended, one message is enough to find out whether the
-- provider takes messages again.
local function may_try(record)
  local suspensions = suspensions_of(sender_of(record, default_sender))
  for _, one in ipairs(suspensions) do
    if one.retry_at > now or retrying[one.scope] then
      return false
    end
  end
  for _, one in ipairs(suspensions) do
    retrying[one.scope] = true
  end
  return true
end

local function process(tag, record, body)
  local state, lane, expires, claimed_until =
    unpack(redis.call('HMGET', record, 'state', 'lane', 'expires', 'claimed_until'))
  if not state or FINAL[state] or AT_PROVIDER[state] then
    redis.call('ZREM', DUE_TO_SEND, tag)
    return false
  elseif (state == 'queued' or state == 'held') and tonumber(expires) <= now then
    change_state(record, body, tag, state, 'expired', 'not sent in time')
    return false
  elseif state == 'held' then
    if not may_try(record) then
      move_to_index(record, tag, lane, state, math.min(now + held_for, tonumber(expires)))
      return false
    end
    change_state(record, body, tag, state, 'queued', 'try again')
    return lane
  elseif state == 'submitting' then
    if claimed_until and tonumber(claimed_until) > now then
      move_to_index(record, tag, lane, state, tonumber(claimed_until))
      return false
    end
    change_state(record, body, tag, state, 'submit_unknown', 'worker lost')
    return lane
  elseif state == 'submit_unknown' then
    if tonumber(expires) + give_up_after <= now then
      change_state(record, body, tag, state, 'delivery_unknown', 'no answer in time')
      return false
    elseif must_only_look_up(record, reserve_from, reserve_within) then
      look_up_now(tag, lane)
      return false
    end
  end
  move_to_index(record, tag, lane, state)
  return lane
end

local answers = for_each(tags, 2, process)
save_counters()
return answers
