-- Takes what is due from an index, and leases it: whoever takes it and dies only delays it.
-- KEYS: the index (a sorted set by time). ARGV: how many, lease (ms). Answers the tags.
local index = KEYS[FIRST_KEY]
local tags = redis.call('ZRANGEBYSCORE', index, '-inf', integer(now), 'LIMIT', 0, ARGV[1])
for _, tag in ipairs(tags) do
  redis.call('ZADD', index, integer(now + ARGV[2]), tag)
end
return tags
