-- include history.lua
-- include counters.lua
-- include events.lua
-- include messages.lua
-- include records.lua
-- Processes messages whose time to be sent (again) has come: ends them, keeps them held, or makes them ready.
-- KEYS: for each message, its record and body. ARGV: JSON list of tags, held_for (ms), reserve_from (ms), give_up_after
-- (ms).
-- Returns for each message the lane in which a task must be published for it, "quarantined" (the record is damaged), or
-- false.
local tags, held_for = cjson.decode(ARGV[1]), tonumber(ARGV[2])
local reserve_from, give_up_after = tonumber(ARGV[3]), tonumber(ARGV[4])
local one_retries = false

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
    local retry_at = redis.call('HGET', SUSPENSION, 'retry_at')
    if retry_at and (tonumber(retry_at) > now or one_retries) then
      move_to_index(tag, lane, state, math.min(now + held_for, tonumber(expires)))
      return false
    end
    -- While sending is suspended, one message is enough to find out whether the provider takes messages again.
    one_retries = retry_at
    change_state(record, body, tag, state, 'queued', 'try again')
    return lane
  elseif state == 'submitting' then
    if claimed_until and tonumber(claimed_until) > now then
      move_to_index(tag, lane, state, tonumber(claimed_until))
      return false
    end
    change_state(record, body, tag, state, 'submit_unknown', 'worker lost')
    return lane
  elseif state == 'submit_unknown' then
    if tonumber(expires) + give_up_after <= now then
      change_state(record, body, tag, state, 'delivery_unknown', 'no answer in time')
      return false
    elseif must_only_look_up(record, reserve_from) then
      look_up_now(tag, lane)
      return false
    end
  end
  move_to_index(tag, lane, state)
  return lane
end

local answers = for_each(tags, 2, process)
save_counters()
return answers
