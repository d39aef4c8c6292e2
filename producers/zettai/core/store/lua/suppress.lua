-- include suppressions.lua
-- Adds numbers to the suppression list. The first addition decides to which key the list belongs. KEYS: none but the
-- shared ones. ARGV: fingerprint of the key, JSON list of {hash, scope, source?, since?, owner?}. `since` is in seconds.
-- Returns for each 1 if its owner had not suppressed the number in this scope before, else 0.
check_key(ARGV[1])
redis.call('HSET', SUPPRESSION_LIST, 'fingerprint', ARGV[1])
-- Reservations must be searched for these numbers. Added also for what is known: the search after it may have been lost.
redis.call('HINCRBY', SUPPRESSION_LIST, 'additions', 1)

local function has_entry(entries, scope, owner)
  for entry in entries:gmatch('%S+') do
    local other_scope, other_owner = parts_of(entry)
    if other_scope == scope and other_owner == owner then
      return true
    end
  end
  return false
end

local answers = {}
for number, one in ipairs(cjson.decode(ARGV[2])) do
  local entries, owner = redis.call('HGET', SUPPRESSIONS, one.hash), one.owner or ''
  local is_new = not (entries and has_entry(entries, one.scope, owner))
  if is_new then
    local parts = { one.scope, integer(one.since or time[1]), one.source, one.owner }
    if one.owner then
      parts[3] = one.source or ''
    end
    local entry = table.concat(parts, ':')
    redis.call('HSET', SUPPRESSIONS, one.hash, entries and entries .. ' ' .. entry or entry)
  end
  answers[number] = is_new and 1 or 0
end
return answers
