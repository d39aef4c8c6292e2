-- Finds messages that lost their task. A queue is first in, first out. So a message whose task was published well before
-- that of the latest claimed message was skipped: its task is lost. If the queue is empty, all its tasks are gone.
-- KEYS: the lane's index of waiting messages, the lane's queue. ARGV: lane, grace (ms), the most to find.
-- Returns the tags for which a task must be published.
local waiting, queue = KEYS[FIRST_KEY], KEYS[FIRST_KEY + 1]
local claimed_up_to = now
if redis.call('LLEN', queue) > 0 then
  claimed_up_to = tonumber(redis.call('HGET', CLAIMED_UP_TO, ARGV[1]) or 0)
end
local tags = redis.call('ZRANGEBYSCORE', waiting, '-inf', integer(claimed_up_to - ARGV[2]), 'LIMIT', 0, ARGV[3])
for _, tag in ipairs(tags) do
  redis.call('ZADD', waiting, integer(now), tag)
end
return tags
