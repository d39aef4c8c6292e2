-- include events.lua
-- Reports groups as finished whose messages were all suppressed when they were recorded. A group with an open message was
-- continued meanwhile, and is reported after that one.
-- ARGV: how long ago the latest of them was recorded (ms). Returns the number of reported groups.
local reported, groups = 0, redis.call('HGETALL', EMPTIED_GROUPS)
for number = 1, #groups, 2 do
  local counter, emptied = groups[number], cjson.decode(groups[number + 1])
  if redis.call('HEXISTS', OPEN_IN_GROUPS, counter) == 1 then
    redis.call('HDEL', EMPTIED_GROUPS, counter)
  elseif emptied.at + tonumber(ARGV[1]) <= now then
    report_finished(counter, emptied.group, emptied.created_by)
    reported = reported + 1
  end
end
return reported
