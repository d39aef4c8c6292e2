-- include records.lua
-- Puts records aside that cannot be read. KEYS: the record of each message. ARGV: JSON list of tags.
-- Returns for each "quarantined" the first time, and then false.
local answers = {}
for number, tag in ipairs(cjson.decode(ARGV[1])) do
  answers[number] = redis.call('EXISTS', keys_of(number, 1)) == 1 and quarantine(tag)
end
return answers
