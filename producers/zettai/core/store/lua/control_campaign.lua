-- include turns.lua
-- Changes how a group is controlled. ARGV: group, JSON of the changes: a field with null is removed.
-- Returns the control afterwards as JSON, or "urgent" if something is to be limited and the group has messages in the
-- urgent lane: nothing was changed.
local group, changes = ARGV[1], cjson.decode(ARGV[2])

local function has_urgent_messages()
  for state in pairs(ALLOWED) do
    if redis.call('HEXISTS', GROUP_STATES, 'urgent ' .. state .. ' ' .. group) == 1 then
      return true
    end
  end
  return false
end

for _, value in pairs(changes) do
  if value ~= cjson.null and has_urgent_messages() then
    return 'urgent'
  end
end
local control = cjson.decode(redis.call('HGET', CAMPAIGNS, group) or '{}')
for name, value in pairs(changes) do
  control[name] = value ~= cjson.null and value or nil
end
if changes.interval and changes.interval ~= cjson.null then
  redis.call('HSET', PACES, group, integer(microseconds))
elseif changes.interval then
  redis.call('HDEL', PACES, group)
end
local text = next(control) and cjson.encode(control) or '{}'
if next(control) then
  redis.call('HSET', CAMPAIGNS, group, text)
else
  redis.call('HDEL', CAMPAIGNS, group)
end
-- The next take decides anew when the turn of the group comes.
for lane, turns in pairs(TURNS) do
  if redis.call('EXISTS', queue_of(lane, group)) == 1 then
    redis.call('ZADD', turns, integer(microseconds), group)
  end
end
return text
