-- The outbox: what happened to messages, for applications. The script that changes a state appends the event, so no
-- change is without one. An event has no number, text or metadata: its reader finds them in the record.

local function append_event(event_type, tag, reason, group, created_by)
  redis.call('XADD', EVENTS, 'MAXLEN', '~', MOST_EVENTS, '*',
    'type', event_type, 'tag', tag, 'reason', reason, 'group', group or '', 'created_by', created_by or '')
end

-- Returns the field that counts the open messages of a group. Two owners may use the same name for their groups: each of
-- them is finished by itself. A message without an owner has nil or false.
local function group_counter(group, owner)
  return owner and owner .. '\n' .. group or group
end

local function open_in_group(group, owner)
  redis.call('HINCRBY', OPEN_IN_GROUPS, group_counter(group, owner), 1)
end

local function report_finished(counter, group, created_by)
  redis.call('HDEL', EMPTIED_GROUPS, counter)
  redis.call('ZADD', FINISHED_GROUPS, integer(now), counter)
  redis.call('ZREMRANGEBYRANK', FINISHED_GROUPS, 0, -MOST_FINISHED_GROUPS - 1)
  append_event('group_finished', '', '', group, created_by)
end

-- Notes that one message less of a group is open. Returns whether it was the last one. A group of an older version was not
-- counted: its number falls below zero, and it is not reported.
local function is_last_in_group(counter)
  local open = redis.call('HINCRBY', OPEN_IN_GROUPS, counter, -1)
  if open <= 0 then
    redis.call('HDEL', OPEN_IN_GROUPS, counter)
  end
  return open == 0
end

-- Notes that a message of a group has reached a final state. With the last open one, the group is finished.
local function close_in_group(group, owner, created_by)
  local counter = group_counter(group, owner)
  if is_last_in_group(counter) then
    report_finished(counter, group, created_by)
  end
end
