-- The suppression list. A field of it is the keyed hash of a number; its value has an entry for each scope and owner, with
-- a blank between them: `SCOPE:SECONDS`, `SCOPE:SECONDS:SOURCE` or `SCOPE:SECONDS:SOURCE:OWNER`, where the source may be
-- empty. An entry without an owner was made by an application or an operator.

-- Raises an error unless a producer has the key that the list belongs to. A producer without a key has the fingerprint "".
local function check_key(fingerprint)
  local expected = redis.call('HGET', SUPPRESSION_LIST, 'fingerprint')
  if expected and expected ~= fingerprint then
    error('SUPPRESSION_KEY ' .. expected .. ' ')
  end
end

-- Returns whether a text of scopes has a scope.
local function has_scope(scopes, scope)
  return (' ' .. scopes):find(' ' .. scope .. ':', 1, true) ~= nil
end

-- Returns the scope and the owner of an entry. The owner is "" without one.
local function parts_of(entry)
  return entry:match('^([^:]+):%d+:?[^:]*:?([^:]*)$')
end

local is_any_suppressed -- when it was needed first

-- Returns whether a number is suppressed for messages of a category. A message without a category is suppressed by any
-- scope.
local function is_suppressed(to_key, category)
  if is_any_suppressed == nil then
    is_any_suppressed = redis.call('EXISTS', SUPPRESSIONS) == 1
  end
  local scopes = is_any_suppressed and to_key and redis.call('HGET', SUPPRESSIONS, to_key)
  return scopes and (not category or has_scope(scopes, 'all') or has_scope(scopes, category)) or false
end

local function is_recipient_suppressed(record)
  return is_suppressed(unpack(redis.call('HMGET', record, 'to_key', 'category')))
end

-- Requests the cancel of a message that the provider has or may have. Returns whether that is new.
local function request_suppression(record)
  if redis.call('HSETNX', record, 'cancel_requested', integer(now)) == 0 then
    return false
  end
  redis.call('HSET', record, 'cancel_reason', 'suppressed')
  return true
end
