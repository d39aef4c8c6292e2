-- The memory of Redis: no message is accepted that would leave too little for working off those that are recorded.

local used -- in this run

-- Returns the part of `maxmemory` that is used, or will be used by messages that are not final yet. 0 means that there is
-- no `maxmemory`, or that this user may not run INFO. It is read once in MEMORY_READ_EVERY milliseconds for all producers.
local function read_used_memory()
  local read_at, share = (redis.call('GET', MEMORY) or ''):match('^(%d+) (%S+)$')
  local age = read_at and now - tonumber(read_at)
  if age and age >= 0 and age < MEMORY_READ_EVERY then
    return tonumber(share)
  end
  local info = redis.pcall('INFO', 'memory')
  local bytes = type(info) == 'string' and tonumber(info:match('used_memory:(%d+)')) or 0
  local limit = type(info) == 'string' and tonumber(info:match('maxmemory:(%d+)')) or 0
  local open = 0
  for state in pairs(ALLOWED) do
    open = open + (FINAL[state] and 0 or redis.call('ZCARD', STATE[state]))
  end
  share = limit > 0 and (bytes + open * OPEN_MESSAGE_BYTES) / limit or 0
  redis.call('SET', MEMORY, string.format('%d %.4f', now, share))
  return share
end

-- Returns whether a message of a lane is accepted.
local function has_room(lane)
  used = used or read_used_memory()
  return used < (lane == 'urgent' and ACCEPT_URGENT_BELOW or ACCEPT_BELOW)
end
