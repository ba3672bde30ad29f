#!lua
--[[
  Puts a hold that was looked at before its time back to its own expiry; drops the mark of a refund that did not happen.

  KEYS   hold due
  ARGV   booking_id

  Reply  1 when there was something to do, else 0
]]
-- @include now
local hold, due = unpack(KEYS)
local booking_id = ARGV[1]
local fields = redis.call('HMGET', hold, 'd', 'r')
if fields[2] then
  -- A refund that was begun since the mark came due has renewed it.
  if tonumber(redis.call('ZSCORE', due, booking_id) or 0) > now_ms() then return 0 end
  redis.call('DEL', hold)
  return redis.call('ZREM', due, booking_id)
end
if not fields[1] then return 0 end
redis.call('ZADD', due, 'XX', fields[1], booking_id)
return 1
