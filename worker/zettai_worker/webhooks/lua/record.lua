-- Records what happened to the events of an endpoint, if this process is still the active one. An event is always in
-- one place at least: unacknowledged in the stream, in the retry set, or in the set of those that were given up.
--
-- KEYS: the lock of the endpoint; `events`; its retry set; its set of given up events; `webhooks`.
-- ARGV: the token of the lock; the group of readers; the name of the endpoint; the most events that are kept as given
--       up; the changes as JSON: `done`, a list of ids; `stored` and `given_up`, lists of pairs of an id and an event;
--       `counts` and `fields` of the endpoint.
-- Returns: the time of Redis in milliseconds; nil if another process is active.

local LOCK, EVENTS, RETRIES, GIVEN_UP, WEBHOOKS = unpack(KEYS)
local token, group, name, most_given_up = unpack(ARGV, 1, 4)
local changes = cjson.decode(ARGV[5])

if redis.call('GET', LOCK) ~= token then
  return false
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function acknowledge(id)
  -- The stream may be gone after a loss of Redis.
  redis.pcall('XACK', EVENTS, group, id)
end

for _, pair in ipairs(changes.stored) do
  redis.call('HSET', RETRIES, pair[1], pair[2])
  acknowledge(pair[1])
end
for _, pair in ipairs(changes.given_up) do
  redis.call('ZADD', GIVEN_UP, now, pair[2])
  redis.call('HDEL', RETRIES, pair[1])
  acknowledge(pair[1])
end
if #changes.given_up > 0 then
  redis.call('ZREMRANGEBYRANK', GIVEN_UP, 0, -1 - tonumber(most_given_up))
end
for _, id in ipairs(changes.done) do
  redis.call('HDEL', RETRIES, id)
  acknowledge(id)
end
for field, count in pairs(changes.counts) do
  redis.call('HINCRBY', WEBHOOKS, name .. ' ' .. field, count)
end
for field, value in pairs(changes.fields) do
  redis.call('HSET', WEBHOOKS, name .. ' ' .. field, value)
end
return now
