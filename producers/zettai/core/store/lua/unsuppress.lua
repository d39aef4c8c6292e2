-- include suppressions.lua
-- Removes a number from the suppression list. KEYS: none but the shared ones. ARGV: fingerprint of the key, hash of the
-- number, scope (empty for all of its scopes). Returns 1 if it was suppressed in this scope, else 0.
check_key(ARGV[1])
local hash, scope = ARGV[2], ARGV[3]
local scopes = redis.call('HGET', SUPPRESSIONS, hash)
if not scopes or scope ~= '' and not has_scope(scopes, scope) then
  return 0
end
local kept = {}
for entry in scopes:gmatch('%S+') do
  if scope ~= '' and entry:match('^[^:]+') ~= scope then
    kept[#kept + 1] = entry
  end
end
if #kept == 0 then
  redis.call('HDEL', SUPPRESSIONS, hash)
else
  redis.call('HSET', SUPPRESSIONS, hash, table.concat(kept, ' '))
end
return 1
