-- What every script of the store shares. In front of this stands a header made from the tables in
-- producers/zettai/core/states.py and producers/zettai/core/store/keys.py: STATE, WAITING, DUE_TO_SEND, DUE_TO_CHECK, PASSED, HOLD, MOVES and
-- DELIVERIES (keys), FIRST_KEY (of the script's own), ALLOWED, FINAL, NEEDS_BODY, AT_PROVIDER, CANCELABLE, BUCKETS and
-- HISTORY_LENGTH.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function integer(number)
  return string.format('%d', number)
end

-- Takes a tag out of the one place that would see to it next.
local function leave_place(tag, lane)
  redis.call('ZREM', DUE_TO_SEND, tag)
  redis.call('ZREM', DUE_TO_CHECK, tag)
  redis.call('ZREM', WAITING[lane], tag)
end

-- Puts a tag where it is seen to next: at a time, or without one as soon as a task in its lane comes by.
local function place(tag, lane, state, due)
  if FINAL[state] then
    return
  elseif AT_PROVIDER[state] then
    redis.call('ZADD', DUE_TO_CHECK, integer(due or now), tag)
  elseif due then
    redis.call('ZADD', DUE_TO_SEND, integer(due), tag)
  else
    redis.call('ZADD', WAITING[lane], integer(now), tag)
  end
end

local function take_place(tag, lane, state, due)
  leave_place(tag, lane)
  place(tag, lane, state, due)
end

-- Adds a line to a message's history: how old the message was, in ms, for that is shorter than the time.
local function tell(record, state, reason)
  local moves = redis.call('HINCRBY', record, 'moves', 1)
  -- A record that is spoilt must not hold up the others of a script.
  local age = now - (tonumber(redis.call('HGET', record, 'created')) or now)
  redis.call('HSET', record, 'h' .. moves, integer(age) .. ' ' .. state .. ' ' .. reason)
  if moves > HISTORY_LENGTH then
    redis.call('HDEL', record, 'h' .. (moves - HISTORY_LENGTH + 1))
  end
end

-- What `remember` writes of a message that comes into its first state.
local function birth(state, reason)
  return 'state', state, 'since', integer(now), 'reason', reason, 'moves', 1, 'h1', '0 ' .. state .. ' ' .. reason
end

local function remember(record, state, reason)
  redis.call('HSET', record, 'state', state, 'since', integer(now), 'reason', reason)
  tell(record, state, reason)
end

local tally = { [MOVES] = {}, [DELIVERIES] = {} }

local function add(key, field, number)
  tally[key][field] = (tally[key][field] or 0) + number
end

-- Counts a message into a state, and how long a delivery took. tallies.py reads it.
local function count(lane, state, carrier, sent)
  add(MOVES, lane .. ' ' .. state .. ' ' .. carrier, 1)
  if state ~= 'delivered' or not sent then
    return
  end
  local took = math.max(0, now - sent)
  local bucket = 'inf'
  for _, seconds in ipairs(BUCKETS) do
    if took <= seconds * 1000 then
      bucket = seconds
      break
    end
  end
  add(DELIVERIES, carrier .. ' ' .. bucket, 1)
  add(DELIVERIES, carrier .. ' ms', took)
end

-- Ends each script that moves messages: writes down what it counted, once for all of the same kind.
local function counted(answers)
  for key, fields in pairs(tally) do
    for field, number in pairs(fields) do
      redis.call('HINCRBY', key, field, integer(number))
    end
  end
  return answers
end

local function set(record, fields)
  if #fields > 0 then
    redis.call('HSET', record, unpack(fields))
  end
end

-- The only way into a state. An order that the table forbids is an error of the program, never of the data.
local function move(record, body, tag, from, to, reason, due, fields)
  if not ALLOWED[from][to] then
    error('FORBIDDEN ' .. from .. ' ' .. to)
  end
  set(record, fields or {})
  redis.call('ZREM', STATE[from], tag)
  redis.call('ZADD', STATE[to], integer(now), tag)
  local canceling, send_at, sent, lane, given, found =
    unpack(redis.call('HMGET', record, 'cancel', 'send_at', 'sent', 'lane', 'carrier', 'carrier_found'))
  if canceling and to == 'scheduled' then
    due = now
  end
  take_place(tag, lane, to, due)
  if to == 'submit_unknown' then
    redis.call('HSET', record, 'unsure', 1)
  end
  if from == 'submitting' then
    redis.call('HDEL', record, 'lease', 'leased_until')
  end
  if not NEEDS_BODY[to] then
    redis.call('DEL', body)
  end
  if canceling and not CANCELABLE[to] then
    redis.call('HDEL', record, 'cancel')
  end
  if to == 'scheduled' then
    redis.call('HSET', record, 'sent', send_at or integer(now))
  elseif AT_PROVIDER[to] and (not sent or tonumber(sent) > now) then
    redis.call('HSET', record, 'sent', integer(now))
  end
  remember(record, to, reason)
  count(lane, to, found or given or 'unknown', sent)
end
