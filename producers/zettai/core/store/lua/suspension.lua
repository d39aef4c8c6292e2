-- What is suspended: all sending, or the messages from one sender code. The fields of SUSPENSION and REFUSALS that concern
-- one code begin with it, such as "77777 retry_at". Those that concern all messages have no code.

local is_anything_suspended = redis.call('EXISTS', SUSPENSION) == 1
local refusals = redis.call('HKEYS', REFUSALS) -- when the script began

-- Returns the beginning of the fields that concern one sender code, or all messages if the code is "".
local function scope_of(sender)
  return sender == '' and '' or sender .. ' '
end

-- Suspends a scope, and returns whether it was not suspended for this reason before. `circuit_open` means that the
-- provider is down; any other reason comes from an answer, so the provider is up.
local function suspend(scope, reason, retry_in, circuit_open)
  local is_new = redis.call('HGET', SUSPENSION, scope .. 'reason') ~= reason
  redis.call('HSETNX', SUSPENSION, scope .. 'began', integer(now))
  redis.call('HSET', SUSPENSION, scope .. 'reason', reason, scope .. 'since', integer(now),
    scope .. 'retry_at', integer(now + retry_in), scope .. 'retry_every', retry_in)
  if circuit_open then
    redis.call('HSET', SUSPENSION, scope .. 'circuit_open', 1)
  else
    redis.call('HDEL', SUSPENSION, scope .. 'circuit_open')
  end
  return is_new
end

-- Returns the suspensions that concern the messages from a sender code: that of all sending, and its own.
local function suspensions_of(sender)
  local found = {}
  local scopes = sender == '' and { '' } or { '', scope_of(sender) }
  for _, scope in ipairs(is_anything_suspended and scopes or {}) do
    local reason, since, began, retry_at, retry_every = unpack(redis.call('HMGET', SUSPENSION,
      scope .. 'reason', scope .. 'since', scope .. 'began', scope .. 'retry_at', scope .. 'retry_every'))
    if reason then
      found[#found + 1] = { scope = scope, reason = reason, since = tonumber(since), began = tonumber(began or since),
        retry_at = tonumber(retry_at), retry_every = tonumber(retry_every) }
    end
  end
  return found
end

-- Ends a suspension.
local function resume(suspension)
  for _, field in ipairs({ 'reason', 'since', 'began', 'retry_at', 'retry_every', 'circuit_open' }) do
    redis.call('HDEL', SUSPENSION, suspension.scope .. field)
  end
end

-- The provider took a message from a sender code: no refusal before it concerns all messages, or all from this code.
local function forget_refusals(sender)
  for _, refusal in ipairs(refusals) do
    local refused_sender = refusal:match('^(%d+) ')
    if not refused_sender or refused_sender == sender then
      redis.call('HDEL', REFUSALS, refusal)
    end
  end
end
