-- include records.lua
-- include messages.lua
-- Takes reservations back from the provider, because their group is paused: requests their cancels, and prepares for each a
-- successor that `change_state` records in the step that confirms the cancel. The successor waits for the turn of its group.
-- KEYS: for each message, its record and the successor's record.
-- ARGV: JSON list of {tag, new_tag, prepared}, delay (ms) until a lost task is replaced.
-- Returns for each message whether a task must be published that cancels it.
local grace = tonumber(ARGV[2])

local function hold(item, record, new_record)
  local state, cancel_requested = unpack(redis.call('HMGET', record, 'state', 'cancel_requested'))
  local is_free = redis.call('EXISTS', new_record) == 0 and not prepared_successor(item.tag)
  if state ~= 'scheduled' or cancel_requested or not is_free then
    return false
  end
  prepare_successor(item.tag, item.new_tag, item.prepared)
  redis.call('HSET', record, 'cancel_requested', integer(now), 'cancel_reason', 'paused')
  redis.call('ZADD', DUE_TO_CHECK, integer(now + grace), item.tag)
  return true
end

local answers = for_each(cjson.decode(ARGV[1]), 2, hold)
save_counters()
return answers
