-- Sees to messages whose time to be sent (again) has come. KEYS: for each, its record and body.
-- ARGV: JSON list of tags, hold (ms).
-- Answers for each the lane in which a task must be published for it, or false.
local tags, hold = cjson.decode(ARGV[1]), tonumber(ARGV[2])
local tries = false

local function wake(tag, record, body)
  local state, lane, expires, leased_until =
    unpack(redis.call('HMGET', record, 'state', 'lane', 'expires', 'leased_until'))
  if not state or FINAL[state] or AT_PROVIDER[state] then
    redis.call('ZREM', DUE_TO_SEND, tag)
    return false
  elseif (state == 'queued' or state == 'held') and tonumber(expires) <= now then
    move(record, body, tag, state, 'expired', 'not sent in time')
    return false
  elseif state == 'held' then
    local until_ = redis.call('HGET', HOLD, 'until')
    if until_ and (tonumber(until_) > now or tries) then
      take_place(tag, lane, state, math.min(now + hold, tonumber(expires)))
      return false
    end
    -- While the hold may still stand, one of many is enough to find out.
    tries = until_
    move(record, body, tag, state, 'queued', 'try again')
    return lane
  elseif state == 'submitting' then
    if tonumber(leased_until) > now then
      take_place(tag, lane, state, tonumber(leased_until))
      return false
    end
    move(record, body, tag, state, 'submit_unknown', 'worker lost')
    return lane
  end
  take_place(tag, lane, state)
  return lane
end

local answers = {}
for number, tag in ipairs(tags) do
  local record, body = unpack(KEYS, FIRST_KEY + 2 * number - 2, FIRST_KEY + 2 * number - 1)
  answers[number] = wake(tag, record, body)
end
return counted(answers)
