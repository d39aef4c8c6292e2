-- include messages.lua
-- include records.lua
-- Requests the cancel of reservations whose number is suppressed, and records how far they were searched. What is
-- reserved after an addition to the list is found by change_state.
-- KEYS: for each message, its record. ARGV: JSON list of tags, the additions for which the search began, the position of
-- its next step (empty if it has seen all reservations), delay (ms) until a lost task is replaced.
-- Returns for each message whether a task must be published that cancels it.
local additions, next_position = ARGV[2], ARGV[3]

local function cancel(tag, record)
  if redis.call('HGET', record, 'state') ~= 'scheduled' or not is_recipient_suppressed(record) then
    return false
  end
  local is_new = request_suppression(record)
  if is_new then
    redis.call('ZADD', DUE_TO_CHECK, integer(now + ARGV[4]), tag)
  end
  return is_new
end

local answers = for_each(cjson.decode(ARGV[1]), 1, cancel)
-- Another worker may have searched further. Then some steps are repeated, which does no harm.
if next_position == '' then
  redis.call('HSET', SUPPRESSION_SEARCH, 'searched', additions)
  redis.call('HDEL', SUPPRESSION_SEARCH, 'started', 'position')
else
  redis.call('HSET', SUPPRESSION_SEARCH, 'started', additions, 'position', next_position)
end
return answers
