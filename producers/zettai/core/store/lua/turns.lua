-- Turns: within a lane, groups take turns, so that a small campaign does not wait behind a large one. The messages without
-- a group count as one group. Each message costs the same, so turns of equal size are fair.

local microseconds = time[1] * 1000000 + time[2] -- since the epoch

-- Returns the groups of a lane whose turn has come, at most so many, the one that waits for longest first. Groups that had
-- a turn in the same script have times one microsecond apart, which keeps their order.
local function groups_in_turn(lane, most)
  return redis.call('ZRANGEBYSCORE', TURNS[lane], '-inf', integer(microseconds + 1000), 'LIMIT', 0, most)
end

-- Returns the queue of a group in a lane. This is the only key that scripts build: a record names its group, not this key.
local function queue_of(lane, group)
  return GROUP_QUEUES .. lane .. ':' .. (group or '')
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
