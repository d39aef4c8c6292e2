-- Finds messages that lost their task. In a lane that is first in, first out, a message whose task was published well before
-- that of the latest claimed message was skipped: its task is lost. If the queue is empty, all its tasks are gone. In a
-- lane with turns, the messages in the groups' queues get further tasks (find_turns.lua), and those that a worker took
-- and lost are put back (put_back_unclaimed.lua). If no group has a turn, all other messages are lost.
-- KEYS: the lane's index of waiting messages, the lane's queue. ARGV: lane, grace (ms), the most to find.
-- Returns the tags for which a task must be published.
local waiting, queue, lane = KEYS[FIRST_KEY], KEYS[FIRST_KEY + 1], ARGV[1]
local claimed_up_to = now
if TURNS[lane] and redis.call('ZCARD', TURNS[lane]) > 0 then
  return {}
elseif not TURNS[lane] and redis.call('LLEN', queue) > 0 then
  claimed_up_to = tonumber(redis.call('HGET', CLAIMED_UP_TO, lane) or 0)
end
local tags = redis.call('ZRANGEBYSCORE', waiting, '-inf', integer(claimed_up_to - ARGV[2]), 'LIMIT', 0, ARGV[3])
for _, tag in ipairs(tags) do
  redis.call('ZADD', waiting, integer(now), tag)
end
return tags
