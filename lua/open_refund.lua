#!lua
--[[
  Marks a confirmed booking as about to be refunded. Only while the mark (or a hold whose sale was never settled) stands
  does settle move the seats, so that a refund that is asked for twice, or settled twice, frees them once.

  KEYS   hold due generation freed
  ARGV   booking_id user_id event_id zone_id quantity lease_ms

  Reply  generation now_ms
]]
-- @include now
local hold, due, generation_key, freed = unpack(KEYS)
local booking_id, user_id, event_id, zone_id, quantity, lease_ms = unpack(ARGV)
local now = now_ms()
local lease_until = string.format('%.0f', now + lease_ms)
if redis.call('EXISTS', freed) == 0 then
  if redis.call('EXISTS', hold) == 0 then
    redis.call('HSET', hold, 'u', user_id, 'e', event_id, 'z', zone_id, 'q', quantity, 'r', '1')
    redis.call('ZADD', due, lease_until, booking_id)
  elseif redis.call('HEXISTS', hold, 'r') == 1 then
    -- The mark of an earlier refund, which was refused: it must not run out under this one.
    redis.call('ZADD', due, 'XX', 'GT', lease_until, booking_id)
  else
    redis.call('ZADD', due, 'XX', 'LT', lease_until, booking_id)
  end
end
return { redis.call('GET', generation_key) or '0', string.format('%.0f', now) }
