-- Moves events that an operator wants to be delivered again to the retry set of an endpoint, if this process is still
-- the active one.
--
-- KEYS: the lock of the endpoint; its replays; its retry set.
-- ARGV: the token of the lock; how many to move.
-- Returns: the events that were moved; nil if another process is active.

local LOCK, REPLAYS, RETRIES = unpack(KEYS)

if redis.call('GET', LOCK) ~= ARGV[1] then
  return false
end
local taken = redis.call('LPOP', REPLAYS, ARGV[2]) or {}
local moved = {}
for _, event in ipairs(taken) do
  if redis.call('HSETNX', RETRIES, cjson.decode(event).id, event) == 1 then
    moved[#moved + 1] = event
  end
end
return moved
