-- include turns.lua
-- Gives a worker the next messages of a lane, in turns by group. Each take is recorded until its messages are claimed:
-- meanwhile they are in no queue, and put_back_unclaimed.lua puts them back if the worker is lost.
-- ARGV: lane, process, an id of this take, the most to take.
-- Returns the tags. A repeated call with the same id returns the same tags again.
local lane, process, take_id, most = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local MOST_PASSES = 20 -- over queues with many canceled messages

local before = redis.call('HGET', TAKEN, process .. ' ' .. lane)
before = before and cjson.decode(before)
if before and before.id == take_id then
  return before.tags
end

local taken, groups_of_taken, is_taken, turns = {}, {}, {}, 0

-- Returns which of these messages still wait to be claimed.
local function still_waiting(tags)
  local times, found = #tags > 0 and redis.call('ZMSCORE', WAITING[lane], unpack(tags)), {}
  for position, tag in ipairs(tags) do
    if times[position] then
      found[#found + 1] = tag
    end
  end
  return found
end

-- Takes messages of a group, without those that do not wait any more. Returns whether the group may have more now.
local function take_from(group, most_of_group)
  local queue = queue_of(lane, group)
  local number, next_turn = allowance(group, most_of_group)
  if number == 0 then
    set_next_turn(lane, group, next_turn)
    return false
  end
  local tags = redis.call('LPOP', queue, number) or {}
  local before_this_turn = #taken
  for _, tag in ipairs(still_waiting(tags)) do
    if not is_taken[tag] then -- a queue may name a message twice
      is_taken[tag] = true
      taken[#taken + 1] = tag
      groups_of_taken[#taken] = group
    end
  end
  count_in_pace(group, #taken - before_this_turn)
  if #tags < number or redis.call('EXISTS', queue) == 0 then
    redis.call('ZREM', TURNS[lane], group)
    return false
  end
  turns = turns + 1
  set_next_turn(lane, group, microseconds + turns)
  return true
end

local groups = groups_in_turn(lane, most)
for _ = 1, MOST_PASSES do
  local share, left = math.ceil((most - #taken) / math.max(1, #groups)), {}
  for _, group in ipairs(groups) do
    local number = math.min(share, most - #taken)
    if number > 0 and take_from(group, number) then
      left[#left + 1] = group
    end
  end
  groups = left
  if #groups == 0 or #taken >= most then
    break
  end
end
if #taken > 0 then
  if before and #still_waiting(before.tags) > 0 then -- their claim has failed
    redis.call('HSET', TAKEN, before.id .. ' ' .. lane, cjson.encode(before))
  end
  redis.call('HSET', TAKEN, process .. ' ' .. lane,
    cjson.encode({ id = take_id, at = now, lane = lane, tags = taken, groups = groups_of_taken }))
end
return taken
