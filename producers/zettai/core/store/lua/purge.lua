-- include records.lua
-- include counters.lua
-- include events.lua
-- include numbers.lua
-- Deletes messages with all their index entries. KEYS: for each message, its record, body, group and the index of its
-- owner (the record in place of what it has not).
-- ARGV: JSON list of tags, time (ms): only messages that reached their final state before it are deleted.
-- Returns for each message whether it was deleted.
local function purge(tag, record, body, group, owned)
  local state, since, lane, name, team, created_by = unpack(redis.call('HMGET', record, 'state', 'since', 'lane', 'group',
    'team', 'created_by'))
  if state and FINAL[state] and tonumber(since) < tonumber(ARGV[2]) then
    redis.call('ZREM', STATE[state], tag)
    for _, index in ipairs({ group, owned }) do
      if index ~= record then
        redis.call('ZREM', index, tag)
      end
    end
    count_in_group(name, lane, state, -1)
    if name and redis.call('EXISTS', group) == 0 then
      redis.call('HDEL', CAMPAIGNS, name)
      redis.call('HDEL', PACES, name)
      redis.call('ZREM', FINISHED_GROUPS, group_counter(name, team or created_by))
    end
    remove_from_numbers(record, tag)
    redis.call('DEL', record, body)
    return true
  end
  return false
end

local answers = for_each(cjson.decode(ARGV[1]), 4, purge)
save_counters()
return answers
