-- The loop guard: stops a producer in a lane when it sends far more than usual. LOOPS has for each producer and lane a JSON
-- object: the present `minute`, the `count` of its messages in it, the `usual` number in a minute, how many minutes were
-- `seen`, and whether it is `paused`.

local loops = {} -- those that this run has read

local function loop_of(name)
  if not loops[name] then
    local text = redis.call('HGET', LOOPS, name)
    loops[name] = text and cjson.decode(text) or { count = 0, usual = 0, seen = 0 }
  end
  return loops[name]
end

-- Begins a new minute. The usual number is a mean in which the minutes of the last hour weigh most.
local function begin_minute(loop, minute)
  local passed = minute - (loop.minute or minute)
  if passed > 0 then
    loop.usual = loop.usual + (loop.count - loop.usual) / LOOP_MINUTES
    loop.usual = loop.usual * (1 - 1 / LOOP_MINUTES) ^ (passed - 1)
    loop.seen = math.min(loop.seen + passed, LOOP_MINUTES)
    loop.count = 0
  end
  loop.minute = math.max(minute, loop.minute or minute)
end

-- Counts a message of a producer. Returns whether the producer is paused, or pauses now because it exceeds its usual rate by
-- this factor. A producer is not judged before it was seen for an hour, and never below LOOP_LEAST messages in a minute.
local function is_looping(producer, lane, factor)
  local loop = loop_of(producer .. ' ' .. lane)
  if not loop.paused then
    begin_minute(loop, math.floor(now / 60000))
    local most = math.max(factor * loop.usual, LOOP_LEAST)
    loop.paused = loop.seen >= LOOP_MINUTES and loop.count + 1 > most or nil
    loop.count = loop.count + 1
  end
  return loop.paused
end

local function save_loops()
  for name, loop in pairs(loops) do
    redis.call('HSET', LOOPS, name, cjson.encode(loop))
  end
end
