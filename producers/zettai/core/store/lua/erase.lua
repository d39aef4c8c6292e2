-- include messages.lua
-- include records.lua
-- Erases the personal data of messages. One that is not in a final state yet is erased in the step that ends it.
-- KEYS: for each message, its record and body. ARGV: JSON list of tags.
-- Returns for each message "erased", "open" (not final yet), "not_found", or "quarantined" (the record is damaged).
local function erase(tag, record, body)
  local state = redis.call('HGET', record, 'state')
  if not state then
    return 'not_found'
  elseif FINAL[state] then
    erase_person(tag, record, body)
    return 'erased'
  end
  redis.call('HSET', record, 'erase_requested', integer(now))
  return 'open'
end

return for_each(cjson.decode(ARGV[1]), 2, erase)
