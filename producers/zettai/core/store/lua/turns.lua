-- include campaigns.lua
-- Turns: within a lane, groups take turns, so that a small campaign does not wait behind a large one. The messages without
-- a group count as one group. Each message costs the same, so turns of equal size are fair.

-- Returns the groups of a lane whose turn has come, at most so many, the one that waits for longest first. Groups that had
-- a turn in the same script have times one microsecond apart, which keeps their order.
local function groups_in_turn(lane, most)
  return redis.call('ZRANGEBYSCORE', TURNS[lane], '-inf', integer(microseconds + 1000), 'LIMIT', 0, most)
end

-- Sets the time (microseconds) of a group's next turn. A paused group has none: its time is infinite.
local function set_next_turn(lane, group, at)
  redis.call('ZADD', TURNS[lane], at == math.huge and '+inf' or integer(at), group)
end

-- Returns the queue of a group in a lane. This is the only key that scripts build: a record names its group, not this key.
local function queue_of(lane, group)
  return GROUP_QUEUES .. lane .. ':' .. (group or '')
end

-- Drops the messages at the start of a group's queue that do not wait any more: they are canceled, expired or claimed.
-- Returns how many were dropped, at most `most`.
local function drop_stale(lane, group, most)
  local queue, stale = queue_of(lane, group), 0
  local tags = redis.call('LRANGE', queue, 0, most - 1)
  local waiting = #tags > 0 and redis.call('ZMSCORE', WAITING[lane], unpack(tags)) or {}
  while stale < #tags and not waiting[stale + 1] do
    stale = stale + 1
  end
  if stale > 0 then
    redis.call('LTRIM', queue, stale, -1)
  end
  if redis.call('EXISTS', queue) == 0 then
    redis.call('ZREM', TURNS[lane], group)
  end
  return stale
end

-- Puts a message that was taken back to the start of its group's queue.
local function put_back(lane, group, tag)
  redis.call('LPUSH', queue_of(lane, group), tag)
  redis.call('ZADD', TURNS[lane], 'NX', integer(microseconds), group)
end

-- Lets messages wait for the turns of their group, if groups take turns in the lane. The time of a group that waits
-- already stays.
local function wait_for_turn(lane, group, tags)
  if not TURNS[lane] then
    return
  end
  for first = 1, #tags, 1000 do -- Lua's stack cannot hold a long list of arguments
    redis.call('RPUSH', queue_of(lane, group), unpack(tags, first, math.min(first + 999, #tags)))
  end
  redis.call('ZADD', TURNS[lane], 'NX', integer(microseconds), group or '')
end
