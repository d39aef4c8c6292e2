-- Forgets messages with all their index entries. KEYS: for each, its record, body and group (the record again where
-- it has none). ARGV: JSON list of tags, the time (ms) before which they must have come to their end.
-- Answers how many were forgotten.
local forgotten = 0
for number, tag in ipairs(cjson.decode(ARGV[1])) do
  local record, body, group = unpack(KEYS, FIRST_KEY + 3 * number - 3, FIRST_KEY + 3 * number - 1)
  local state, since = unpack(redis.call('HMGET', record, 'state', 'since'))
  if state and FINAL[state] and tonumber(since) < tonumber(ARGV[2]) then
    redis.call('ZREM', STATE[state], tag)
    if group ~= record then
      redis.call('ZREM', group, tag)
    end
    redis.call('DEL', record, body)
    forgotten = forgotten + 1
  end
end
return forgotten
