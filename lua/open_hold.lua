#!lua
--[[
  Reads a hold that somebody wants to end, and brings its due time forward to lease_ms from now, so that an ending
  that is begun and never settled is looked at again soon. A due time is never moved back.

  KEYS   hold due generation
  ARGV   booking_id lease_ms

  Reply  live generation now_ms field value …
         none generation now_ms               no hold, or one whose booking is confirmed already and being refunded
]]
-- @include now
local hold, due, generation_key = unpack(KEYS)
local booking_id, lease_ms = unpack(ARGV)
local now = now_ms()
local generation = redis.call('GET', generation_key) or '0'
local fields = redis.call('HGETALL', hold)
if #fields == 0 or redis.call('HEXISTS', hold, 'r') == 1 then
  return { 'none', generation, string.format('%.0f', now) }
end
redis.call('ZADD', due, 'XX', 'LT', string.format('%.0f', now + lease_ms), booking_id)
return { 'live', generation, string.format('%.0f', now), unpack(fields) }
