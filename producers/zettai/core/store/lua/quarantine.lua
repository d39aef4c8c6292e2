-- include records.lua
-- Puts records aside that cannot be read. KEYS: the record of each message. ARGV: JSON list of tags.
-- Returns how many were not known before.
local before = redis.call('ZCARD', QUARANTINE)
for number, tag in ipairs(cjson.decode(ARGV[1])) do
  if redis.call('EXISTS', keys_of(number, 1)) == 1 then
    quarantine(tag)
  end
end
return redis.call('ZCARD', QUARANTINE) - before
