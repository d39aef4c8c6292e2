-- include suppressions.lua
-- Adds numbers to the suppression list. The first addition decides to which key the list belongs. KEYS: none but the
-- shared ones. ARGV: fingerprint of the key, JSON list of {hash, scope, source?, since?, owner?}, the scopes of a number
-- that an owner may have, beside `all`. `since` is in seconds.
-- Returns for each 1 if its owner had not suppressed the number in this scope before, else 0; -1 if the owner has too many
-- scopes already.
check_key(ARGV[1])
redis.call('HSET', SUPPRESSION_LIST, 'fingerprint', ARGV[1])
-- Reservations must be searched for these numbers. Added also for what is known: the search after it may have been lost.
redis.call('HINCRBY', SUPPRESSION_LIST, 'additions', 1)

-- Returns whether an owner has suppressed a number in a scope, and in how many scopes.
local function entries_of(entries, scope, owner)
  local has_scope, count = false, 0
  for entry in entries:gmatch('%S+') do
    local other_scope, other_owner = parts_of(entry)
    if other_owner == owner then
      has_scope, count = has_scope or other_scope == scope, count + 1
    end
  end
  return has_scope, count
end

local answers = {}
for number, one in ipairs(cjson.decode(ARGV[2])) do
  local entries = redis.call('HGET', SUPPRESSIONS, one.hash)
  local is_known, count = entries_of(entries or '', one.scope, one.owner or '')
  if is_known then
    answers[number] = 0
  elseif one.owner and one.scope ~= 'all' and count >= tonumber(ARGV[3]) then
    answers[number] = -1
  else
    local parts = { one.scope, integer(one.since or time[1]), one.source, one.owner }
    if one.owner then
      parts[3] = one.source or ''
    end
    local entry = table.concat(parts, ':')
    redis.call('HSET', SUPPRESSIONS, one.hash, entries and entries .. ' ' .. entry or entry)
    answers[number] = 1
  end
end
return answers
