-- include suppressions.lua
-- Removes a number from the suppression list. KEYS: none but the shared ones. ARGV: fingerprint of the key, hash of the
-- number, scope ("" for all of its scopes), owner ("" for all owners). Returns 1 if an entry was removed, else 0.
check_key(ARGV[1])
local hash, scope, owner = ARGV[2], ARGV[3], ARGV[4]
local entries = redis.call('HGET', SUPPRESSIONS, hash)
if not entries then
  return 0
end
local kept, removed = {}, 0
for entry in entries:gmatch('%S+') do
  local entry_scope, entry_owner = parts_of(entry)
  if (scope == '' or entry_scope == scope) and (owner == '' or entry_owner == owner) then
    removed = 1
  else
    kept[#kept + 1] = entry
  end
end
if #kept == 0 then
  redis.call('HDEL', SUPPRESSIONS, hash)
else
  redis.call('HSET', SUPPRESSIONS, hash, table.concat(kept, ' '))
end
return removed
