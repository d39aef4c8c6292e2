-- Ties a message that ended unsent to the one that was sent in its place. KEYS: the record of the old one, and of the
-- new one. ARGV: their tags. Neither state changes. Answers 1 where this is news.
local old, new = KEYS[FIRST_KEY], KEYS[FIRST_KEY + 1]
local state, successor = unpack(redis.call('HMGET', old, 'state', 'requeued_as'))
local present = redis.call('HGET', new, 'state')
if not state or not present or successor == ARGV[2] then
  return 0
end
redis.call('HSET', old, 'requeued_as', ARGV[2])
tell(old, state, 'requeued as ' .. ARGV[2])
redis.call('HSET', new, 'requeued_from', ARGV[1])
tell(new, present, 'requeued from ' .. ARGV[1])
return 1
