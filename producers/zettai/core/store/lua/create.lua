-- include messages.lua
-- include guesses.lua
-- include guards.lua
-- Records new messages as `queued`, and pushes the tasks that send them. A message that exists and still waits for a task
-- gets one again. A message whose number is suppressed is recorded as `canceled`, without a task. One that exists passes
-- the guards, so that a repeated call is neither counted nor refused.
-- KEYS: for each message, its record and body; then the groups, the indexes of owners and the counters of numbers, each
-- once.
-- ARGV[1]: JSON list of {tag, digest, lane, carrier, body, expires_in, fields, task?, send_at?, group?, created_by?, owner?,
-- to_key?, category?, parts?, budgets?, not_allowed?, producer?, text?, group_key?, owner_key?, counter_key?}. Times are in
-- milliseconds. `carrier` may be "unknown". `task` is the number of a task that names the message. The last three are
-- positions among the KEYS, from 0.
-- ARGV[2], ARGV[3]: reserve_from and reserve_within (ms). ARGV[4]: JSON of the tasks' names by lane. ARGV[5]: the most tags
-- of one.
-- ARGV[6]: the fingerprint of the producer's key of the suppression list, or "". ARGV[7]: JSON of the guards' rules.
-- ARGV[8], …: the tasks.
-- Returns for each message the time at which it was created, "same" (it exists), "conflict" (its tag is in use, or belongs
-- to another owner), "other_key" (its tag is in use, and its digest was made with another key), "suppressed", or "refused
-- GUARD NUMBER": milliseconds to wait, or the position of the budget.
local messages, created = cjson.decode(ARGV[1]), integer(now)
local reserve_from, reserve_within = tonumber(ARGV[2]), tonumber(ARGV[3])
local task_names, most_tags, tasks_from = cjson.decode(ARGV[4]), tonumber(ARGV[5]), 7
local indexed, in_turns, pushed, kept_open = {}, {}, {}, {}
check_key(ARGV[6])
local rules = cjson.decode(ARGV[7])
local has_replacements = redis.call('EXISTS', REPLACEMENTS) == 1

local function key_at(position)
  return position and KEYS[FIRST_KEY + position]
end

-- Adds a message to an index. The members of an index are added together at the end: one command for all messages.
local function add_to(index, score, tag)
  local members = indexed[index] or {}
  indexed[index] = members
  members[#members + 1] = score
  members[#members + 1] = tag
end

-- Lets a message wait for a task, and for the turn of its group.
local function wait_for_task(lane, group, tag)
  add_to(WAITING[lane], created, tag)
  local queue = queue_of(lane, group)
  in_turns[queue] = in_turns[queue] or { lane = lane, group = group, tags = {} }
  table.insert(in_turns[queue].tags, tag)
end

local function save_indexes()
  for index, members in pairs(indexed) do
    for first = 1, #members, 1000 do -- Lua's stack cannot hold a long list of arguments
      redis.call('ZADD', index, unpack(members, first, math.min(first + 999, #members)))
    end
  end
  for _, one in pairs(in_turns) do
    wait_for_turn(one.lane, one.group, one.tags)
  end
end

-- Adds a message to the newest task of its lane. Returns whether it did: only if no worker has taken that task yet, and
-- it is one of ours with room. So single messages that wait together are one task for a worker.
local function join_newest_task(lane, tag)
  local newest = redis.call('LINDEX', QUEUE[lane], 0)
  local task = newest and newest:find(task_names[lane], 1, true) and cjson.decode(newest)
  if not task or task.headers.task ~= task_names[lane] then
    return false
  end
  local body, shown = cjson.decode(task.body), task.headers.argsrepr
  local tags = body[1][1]
  if #tags >= most_tags then
    return false
  end
  for _, named in ipairs(tags) do
    if named == tag then
      return true
    end
  end
  tags[#tags + 1] = tag
  task.body = cjson.encode(body)
  if shown:sub(-3) == '],)' then -- else it is cut
    task.headers.argsrepr = shown:sub(1, -4) .. ", '" .. tag .. "'],)"
  end
  redis.call('LSET', QUEUE[lane], 0, cjson.encode(task))
  return true
end

-- Pushes the task of a message, once for all messages that it names. A name of a message that needs no task does no harm,
-- and neither does a message that is named twice because the first answer of the script was lost.
local function push_task(message)
  if not message.task or pushed[message.task] then
    return
  end
  pushed[message.task] = true
  -- An error means that its body is in base64, as Celery publishes it, or that it is no task, which a worker refuses.
  if #messages > 1 or select(2, pcall(join_newest_task, message.lane, message.tag)) ~= true then
    redis.call('LPUSH', QUEUE[message.lane], ARGV[tasks_from + message.task])
  end
end

-- Keeps a group open until all messages of this call are recorded: the first one may be canceled at once, because its
-- number is suppressed, and the group is not finished then.
local function keep_open(message)
  local counter = group_counter(message.group, message.owner)
  if not kept_open[counter] then
    kept_open[counter] = message
    open_in_group(message.group, message.owner)
  end
end

local function create(message, record, body)
  local digest, state, created_by, team
  if redis.call('EXISTS', record) == 1 then
    digest, state, created_by, team = unpack(redis.call('HMGET', record, 'digest', 'state', 'created_by', 'team'))
  end
  if digest or state then
    -- Write it again: WAITAOF waits only for writes of its own connection, and the caller may wait for the disk.
    redis.call('HSET', record, digest and 'digest' or 'state', digest or state)
    -- The content is compared for its owner only. Anybody else could find out a text by trying. A message that is final has
    -- no digest any more: the caller compares what the record still shows.
    if (team or created_by or nil) ~= message.owner or is_guessed(record) then
      return 'conflict'
    elseif digest and not FINAL[state] and digest ~= message.digest then
      if digest:match('^%x+:') ~= message.digest:match('^%x+:') then
        return 'other_key'
      end
      count_conflict(record)
      return 'conflict'
    end
    if state == 'queued' and not redis.call('ZSCORE', DUE_TO_SEND, message.tag) then
      push_task(message)
    end
    return 'same'
  end
  if has_replacements and redis.call('HEXISTS', REPLACEMENTS, 'new ' .. message.tag) == 1 then
    return 'conflict'
  end
  local suppressed = is_suppressed(message.to_key, message.category)
  local refusal = not suppressed and guard(message, rules, key_at(message.counter_key))
  if refusal then
    return refusal
  end
  if message.group then
    keep_open(message)
  end
  record_message(message, record, body)
  if message.group then
    add_to(key_at(message.group_key), created, message.tag)
  end
  if message.owner then
    add_to(key_at(message.owner_key), created, message.tag)
  end
  if suppressed then
    cancel_suppressed(record, body, message.tag, 'queued', 'accepted')
    return 'suppressed'
  end
  add_to(STATE.queued, created, message.tag)
  local _, waits_until = may_reserve(message.send_at, nil, reserve_from, reserve_within)
  if waits_until then
    add_to(DUE_TO_SEND, integer(waits_until), message.tag)
  else
    wait_for_task(message.lane, message.group, message.tag)
    push_task(message)
  end
  return created
end

local answers = {}
local is_complete, problem = pcall(function()
  for number, message in ipairs(messages) do
    answers[number] = create(message, keys_of(number, 2))
  end
end)
-- Saved after an error too: what was recorded before it must not be missing in the indexes.
save_indexes()
save_counters()
save_loops()
-- A group without an open message after this call has suppressed ones only. More of them may follow in the next call, so
-- report_emptied_groups.lua reports it later.
for counter, message in pairs(kept_open) do
  if is_last_in_group(counter) then
    local emptied = { at = now, group = message.group, created_by = message.created_by }
    redis.call('HSET', EMPTIED_GROUPS, counter, cjson.encode(emptied))
  end
end
return is_complete and answers or error(problem)
