-- Guesses: requests that name a tag with another content. Whoever could repeat them without end would find out a short
-- text, such as a one-time password, by the answer to the right one.

-- Returns whether so many requests had another content that a further one is refused whatever its content is.
local function is_guessed(record)
  return tonumber(redis.call('HGET', record, 'conflicts') or 0) >= MOST_CONFLICTS
end

local function count_conflict(record)
  if not is_guessed(record) then
    redis.call('HINCRBY', record, 'conflicts', 1)
  end
end
