-- include history.lua
-- Links a message that did not arrive with the new message that replaces it. No state changes.
-- KEYS: the records of the old and of the new message. ARGV: their tags. Returns 1 if they were not linked before.
local old, new = KEYS[FIRST_KEY], KEYS[FIRST_KEY + 1]
local old_state, requeued_as = unpack(redis.call('HMGET', old, 'state', 'requeued_as'))
local new_state = redis.call('HGET', new, 'state')
if not old_state or not new_state or requeued_as == ARGV[2] then
  return 0
end
redis.call('HSET', old, 'requeued_as', ARGV[2])
add_event(old, old_state, 'requeued as ' .. ARGV[2])
redis.call('HSET', new, 'requeued_from', ARGV[1])
add_event(new, new_state, 'requeued from ' .. ARGV[1])
return 1
