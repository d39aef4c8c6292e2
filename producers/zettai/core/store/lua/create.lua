-- Records new messages. KEYS: for each, its record, body and group (the record again where it has none).
-- ARGV[1]: JSON list of {tag, digest, lane, carrier, body, expires_in, reserve_from, fields, send_at?, grouped?}; times
-- in ms; the carrier may be "unknown".
-- Answers for each: "<created at>", "same" or "conflict".
local answers = {}
for number, draft in ipairs(cjson.decode(ARGV[1])) do
  local record, body, group = unpack(KEYS, FIRST_KEY + 3 * number - 3, FIRST_KEY + 3 * number - 1)
  local digest = redis.call('HGET', record, 'digest')
  if digest then
    answers[number] = digest == draft.digest and 'same' or 'conflict'
    -- Written again, so that a caller who repeats can wait until it is on disk: WAITAOF knows the caller's writes only.
    redis.call('HSET', record, 'digest', digest)
  else
    if #draft.fields > 0 then
      redis.call('HSET', record, unpack(draft.fields))
    end
    redis.call('HSET', record, 'v', VERSION, 'digest', draft.digest, 'lane', draft.lane, 'created', integer(now),
      'expires', integer((draft.send_at or now) + draft.expires_in), birth('queued', 'created'))
    redis.call('SET', body, draft.body)
    redis.call('ZADD', STATE.queued, integer(now), draft.tag)
    if draft.grouped then
      redis.call('ZADD', group, integer(now), draft.tag)
    end
    -- Too near to be reserved at the provider: it waits here until its time.
    local soon = draft.send_at and draft.send_at < now + draft.reserve_from
    place(draft.tag, draft.lane, 'queued', soon and draft.send_at or nil)
    count(draft.lane, 'queued', draft.carrier)
    answers[number] = integer(now)
  end
end
return counted(answers)
