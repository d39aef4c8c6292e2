-- include history.lua
-- include messages.lua
-- Records new messages as `queued`. KEYS: for each message, its record, body and group (without a group: the record
-- again).
-- ARGV[1]: JSON list of {tag, digest, lane, carrier, body, expires_in, reserve_from, fields, send_at?, has_group}. Times
-- are in milliseconds. `carrier` may be "unknown".
-- Returns for each message the time at which it was created, "same" (it exists) or "conflict" (its tag is in use).
local function create(message, record, body, group)
  local digest = redis.call('HGET', record, 'digest')
  if digest then
    -- Write it again: WAITAOF waits only for writes of its own connection, and the caller may wait for the disk.
    redis.call('HSET', record, 'digest', digest)
    return digest == message.digest and 'same' or 'conflict'
  end
  set_fields(record, message.fields)
  -- The first event of the history is part of the same HSET: one command less for each message.
  redis.call('HSET', record, 'v', VERSION, 'digest', message.digest, 'lane', message.lane, 'created', integer(now),
    'expires', integer((message.send_at or now) + message.expires_in),
    'state', 'queued', 'since', integer(now), 'reason', 'created', 'events', 1, 'h1', '0 queued created')
  redis.call('SET', body, message.body)
  redis.call('ZADD', STATE.queued, integer(now), message.tag)
  if message.has_group then
    redis.call('ZADD', group, integer(now), message.tag)
  end
  -- Too near to its time to be reserved at the provider: it waits here.
  local waits_here = message.send_at and message.send_at < now + message.reserve_from
  add_to_index(message.tag, message.lane, 'queued', waits_here and message.send_at or nil)
  count_transition(message.lane, 'queued', message.carrier)
  return integer(now)
end

local answers = {}
for number, message in ipairs(cjson.decode(ARGV[1])) do
  answers[number] = create(message, keys_of(number, 3))
end
save_counters()
return answers
