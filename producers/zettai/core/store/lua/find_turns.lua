-- include turns.lua
-- Finds messages that wait for a turn, while their lane has few tasks: their tasks are lost, or were run when it was not
-- their time. KEYS: the lane's queue. ARGV: lane, the fewest tasks that the queue must have, tags in a task, how long (ms)
-- a message waits for its own task. Returns the tags for which tasks must be published.
local lane, fewest, chunk, patience = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local room = (fewest - redis.call('LLEN', KEYS[FIRST_KEY])) * chunk
local found = {}
if room <= 0 then
  return found
end
for _, group in ipairs(groups_in_turn(lane, room)) do
  drop_stale(lane, group, 500)
  local number, next_turn = allowance(group, room - #found)
  if number == 0 and redis.call('EXISTS', queue_of(lane, group)) == 1 then
    set_next_turn(lane, group, next_turn)
  end
  local tags = number > 0 and redis.call('LRANGE', queue_of(lane, group), 0, number - 1) or {}
  local first = tags[1] and redis.call('ZSCORE', WAITING[lane], tags[1])
  if not first or tonumber(first) <= now - patience then
    for _, tag in ipairs(tags) do
      found[#found + 1] = tag
    end
  end
  if #found >= room then
    break
  end
end
return found
