-- The outbox: what happened to messages, for applications. The script that changes a state appends the event, so no
-- change is without one. An event has no number, text or metadata: its reader finds them in the record.

local function append_event(event_type, tag, reason, group)
  redis.call('XADD', EVENTS, 'MAXLEN', '~', MOST_EVENTS, '*',
    'type', event_type, 'tag', tag, 'reason', reason, 'group', group or '')
end

local function open_in_group(group)
  redis.call('HINCRBY', OPEN_IN_GROUPS, group, 1)
end

-- Notes that a message of a group has reached a final state. With the last open one, the group is finished. A group of
-- an older version was not counted: its number falls below zero, and it is not reported.
local function close_in_group(group)
  local open = redis.call('HINCRBY', OPEN_IN_GROUPS, group, -1)
  if open <= 0 then
    redis.call('HDEL', OPEN_IN_GROUPS, group)
  end
  if open == 0 then
    append_event('group_finished', '', '', group)
  end
end
