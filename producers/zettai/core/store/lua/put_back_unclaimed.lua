-- include turns.lua
-- Puts messages back that a worker has taken and not claimed, at the start of their groups' queues: the worker was lost,
-- or its claim has failed. ARGV: lane, grace (ms). Returns how many.
local lane, grace, count = ARGV[1], tonumber(ARGV[2]), 0
local takes = redis.call('HGETALL', TAKEN)
for number = 1, #takes, 2 do
  local take = cjson.decode(takes[number + 1])
  if take.lane == lane and take.at <= now - grace then
    redis.call('HDEL', TAKEN, takes[number])
    for position = #take.tags, 1, -1 do
      if redis.call('ZSCORE', WAITING[lane], take.tags[position]) then
        put_back(lane, take.groups[position], take.tags[position])
        count = count + 1
      end
    end
  end
end
return count
