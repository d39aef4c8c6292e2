-- include numbers.lua
-- Records a new message as `queued`. The caller adds it to `STATE.queued` and to the index from which it is picked up.
-- `message` is {tag, digest, lane, carrier, body, expires_in, fields, send_at?, group?, owner?, parts?, budgets?,
-- number_hash?}, with times in milliseconds. The parts are charged to its budgets.
local function record_message(message, record, body, group, owned)
  local created = integer(now)
  if message.group then
    redis.call('ZADD', group, created, message.tag)
    open_in_group(message.group, message.owner)
  end
  if message.owner then
    redis.call('ZADD', owned, created, message.tag)
  end
  -- The first event of the history is part of the same HSET: one command less for each message.
  redis.call('HSET', record, 'v', VERSION, 'digest', message.digest, 'lane', message.lane, 'created', created,
    'expires', integer((message.send_at or now) + message.expires_in), 'state', 'queued', 'since', created,
    'reason', 'created', 'events', 1, 'h1', '0 queued created', unpack(message.fields))
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
