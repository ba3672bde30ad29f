#!lua
--[[
  Lists what has come due in a partition, oldest first. A due time without a hold is an accident and is removed.

  KEYS   due generation
  ARGV   hold_prefix limit

  Reply  generation now_ms {booking_id field value …} …    limit ≤ 500

  The holds' keys are made from the prefix; it carries the partition's tag, so they live in the slot of the declared keys.
]]
-- @include now
local due, generation_key = unpack(KEYS)
local hold_prefix, limit = unpack(ARGV)
local now = string.format('%.0f', now_ms())
local reply = { redis.call('GET', generation_key) or '0', now }
for _, booking_id in ipairs(redis.call('ZRANGE', due, '-inf', now, 'BYSCORE', 'LIMIT', 0, limit)) do
  local fields = redis.call('HGETALL', hold_prefix .. booking_id)
  if #fields == 0 then
    redis.call('ZREM', due, booking_id)
  else
    reply[#reply + 1] = { booking_id, unpack(fields) }
  end
end
return reply
