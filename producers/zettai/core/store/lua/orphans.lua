-- Finds messages that lost their task. A queue is first in, first out: what was published well before the latest
-- message claimed, or at all when the queue is empty, should have been claimed long ago.
-- KEYS: the lane's index of waiting messages, the lane's queue. ARGV: lane, slack (ms), how many.
-- Answers the tags, for which a task must be published.
local waiting, queue = KEYS[FIRST_KEY], KEYS[FIRST_KEY + 1]
local passed = redis.call('LLEN', queue) == 0 and now or tonumber(redis.call('HGET', PASSED, ARGV[1]) or 0)
local tags = redis.call('ZRANGEBYSCORE', waiting, '-inf', integer(passed - ARGV[2]), 'LIMIT', 0, ARGV[3])
for _, tag in ipairs(tags) do
  redis.call('ZADD', waiting, integer(now), tag)
end
return tags
