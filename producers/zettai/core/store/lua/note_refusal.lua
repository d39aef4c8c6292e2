-- include suspension.lua
-- Notes that the provider refused a message for a reason that may concern all messages, or all from its sender code. A
-- second, different message that it refuses in the same way suspends them. KEYS: the message's record. ARGV: tag, refusal,
-- delay until the next retry (ms), time (ms) after which the first refusal is forgotten, the sender code or "".
-- Returns "parked" (the first message), "suspended" or "known" (nothing new).
local record, tag, refusal, scope = KEYS[FIRST_KEY], ARGV[1], ARGV[2], scope_of(ARGV[5])
if redis.call('EXISTS', record) == 1 then
  redis.call('HSET', record, 'parked', 1)
end
local first = redis.call('HGET', REFUSALS, scope .. refusal)
if not first then
  redis.call('HSET', REFUSALS, scope .. refusal, tag)
  redis.call('PEXPIRE', REFUSALS, ARGV[4])
  return 'parked'
elseif first == tag then
  return 'known'
end
return suspend(scope, refusal, ARGV[3], false) and 'suspended' or 'known'
