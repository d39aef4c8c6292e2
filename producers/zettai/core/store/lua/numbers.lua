-- The index of messages by number. All entries have the score 0, so they are in the order of their texts: those of one
-- number are together, oldest first.

local function number_entry(number_hash, created, tag)
  return number_hash .. ' ' .. created .. ' ' .. tag
end

-- Removes a message from the index, if it is in it.
local function remove_from_numbers(record, tag)
  local number_hash, created = unpack(redis.call('HMGET', record, 'number_hash', 'created'))
  if number_hash then
    redis.call('ZREM', NUMBERS, number_entry(number_hash, created, tag))
  end
end
