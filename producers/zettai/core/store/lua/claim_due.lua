-- Claims messages whose time has come: it moves their time on by the claim timeout. If the caller crashes, they become
-- due again. KEYS: an index (a sorted set by time). ARGV: the most to claim, claim timeout (ms). Returns the tags.
local index = KEYS[FIRST_KEY]
local tags = redis.call('ZRANGEBYSCORE', index, '-inf', integer(now), 'LIMIT', 0, ARGV[1])
for _, tag in ipairs(tags) do
  redis.call('ZADD', index, integer(now + ARGV[2]), tag)
end
return tags
