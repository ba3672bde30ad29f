#!lua
--[[
  Marks a confirmed booking as about to be refunded. Only while the mark stands does settle move the seats, so that a
  refund that is asked for twice, or settled twice, frees them once. A hold whose sale was not settled yet is settled here:
  whoever settled it later would take the mark's place away.

  KEYS   inventory hold due holds_of_user generation freed
  ARGV   booking_id user_id event_id zone_id quantity lease_ms

  Reply  generation now_ms
]]
-- @include now
local inventory, hold, due, holds_of_user, generation_key, freed = unpack(KEYS)
local booking_id, user_id, event_id, zone_id, quantity, lease_ms = unpack(ARGV)
local now = now_ms()
local lease_until = string.format('%.0f', now + lease_ms)
local loaded = redis.call('HEXISTS', inventory, 'a:' .. zone_id) == 1
if loaded and redis.call('EXISTS', freed) == 0 then
  if redis.call('HEXISTS', hold, 'r') == 1 then
    -- The mark of an earlier refund, which was refused: it must not run out under this one.
    redis.call('ZADD', due, 'XX', 'GT', lease_until, booking_id)
  else
    if redis.call('EXISTS', hold) == 1 then
      redis.call('HINCRBY', inventory, 's:' .. zone_id, quantity)
      redis.call('SREM', holds_of_user, booking_id)
    end
    redis.call('DEL', hold)
    redis.call('HSET', hold, 'u', user_id, 'e', event_id, 'z', zone_id, 'q', quantity, 'r', '1')
    redis.call('ZADD', due, lease_until, booking_id)
  end
end
return { redis.call('GET', generation_key) or '0', string.format('%.0f', now) }
