-- include numbers.lua
-- Records a new message as `queued`. The caller adds it to its indexes: `STATE.queued`, the one from which it is picked up,
-- and those of its group and its owner.
-- `message` is {tag, digest, lane, carrier, body, expires_in, fields, send_at?, group?, owner?, parts?, budgets?,
-- number_hash?}, with times in milliseconds. The parts are charged to its budgets.
local function record_message(message, record, body)
  local created = integer(now)
  if message.group then
    open_in_group(message.group, message.owner)
  end
  redis.call('HSET', record, 'v', VERSION, 'digest', message.digest, 'lane', message.lane, 'created', created,
    'expires', integer((message.send_at or now) + message.expires_in), 'state', 'queued', 'since', created,
    'reason', 'created', 'events', 1, unpack(message.fields))
  redis.call('SET', body, message.body)
  if message.budgets then
    charge(message, record)
  end
  count_in_group(message.group, message.lane, 'queued', 1)
  if message.number_hash then
    redis.call('ZADD', NUMBERS, 0, number_entry(message.number_hash, created, message.tag))
  end
  count_transition(message.lane, 'queued', message.carrier)
end
