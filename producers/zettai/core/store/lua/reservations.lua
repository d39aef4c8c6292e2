-- When a message with a send time goes to the provider. One rule for all scripts.

-- Returns whether a message must be reserved at the provider now, and, if it waits in the store, until when.
-- `reserve_from` and `reserve_within` are the shortest and the longest distance of a reservation in milliseconds. A
-- message without a send time, or whose time has come, is neither reserved nor waits.
local function may_reserve(send_at, reservation_refused, reserve_from, reserve_within)
  send_at = tonumber(send_at or 0)
  if send_at <= now then
    return false
  elseif reservation_refused or send_at < now + reserve_from then
    return false, send_at
  elseif send_at > now + reserve_within then
    return false, send_at - reserve_within
  end
  return true
end
