-- include numbers.lua
-- Erases what a record says about a person: the number, the text, the metadata, the provider's words, and the hashes that
-- are made from them. The tag, the states and their times stay, so the tag cannot be used for another message.
local function erase_person(tag, record, body)
  remove_from_numbers(record, tag)
  redis.call('DEL', body)
  redis.call('HDEL', record, 'metadata', 'sealed_by', 'to_key', 'number_hash', 'digest', 'replace_request', 'refused', 'erase_requested')
  redis.call('HSETNX', record, 'h1', '0 queued created')
  local events = tonumber(redis.call('HGET', record, 'events'))
  for number = 1, events do
    local event = redis.call('HGET', record, 'h' .. number)
    local time_and_state = event and event:match('^%S+ %S+ ')
    if time_and_state then
      redis.call('HSET', record, 'h' .. number, time_and_state .. 'erased')
    end
  end
  redis.call('HSET', record, 'to', '', 'reason', 'erased', 'erased', integer(now))
end
