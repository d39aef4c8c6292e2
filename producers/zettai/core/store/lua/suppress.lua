-- include suppressions.lua
-- Adds numbers to the suppression list. The first addition decides to which key the list belongs. KEYS: none but the
-- shared ones. ARGV: fingerprint of the key, JSON list of {hash, scope, source?, since?}. `since` is in seconds.
-- Returns for each 1 if the number was not suppressed in this scope before, else 0.
check_key(ARGV[1])
redis.call('HSET', SUPPRESSION_LIST, 'fingerprint', ARGV[1])
-- Reservations must be searched for these numbers. Added also for what is known: the search after it may have been lost.
redis.call('HINCRBY', SUPPRESSION_LIST, 'additions', 1)
local answers = {}
for number, one in ipairs(cjson.decode(ARGV[2])) do
  local scopes = redis.call('HGET', SUPPRESSIONS, one.hash)
  local is_new = not (scopes and has_scope(scopes, one.scope))
  if is_new then
    local entry = one.scope .. ':' .. integer(one.since or time[1]) .. (one.source and ':' .. one.source or '')
    redis.call('HSET', SUPPRESSIONS, one.hash, scopes and scopes .. ' ' .. entry or entry)
  end
  answers[number] = is_new and 1 or 0
end
return answers
