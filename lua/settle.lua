#!lua flags=allow-oom
--[[
  Applies a booking's stored ending to its seats, once: the hold is the proof that it was not applied before.
  Runs although memory is short, so that seats always come back.

  KEYS   inventory taken hold due holds_of_user freed
  ARGV   booking_id status freed_ttl_s       status: confirmed, cancelled, expired or refunded

  Reply  settled      seats moved, and the hold is gone
         nothing      it was settled before, or this Redis was rebuilt since
         not_loaded   the zone is not in this Redis: nothing changed
]]
local inventory, taken, hold, due, holds_of_user, freed = unpack(KEYS)
local booking_id, status, freed_ttl_s = unpack(ARGV)
local fields = redis.call('HMGET', hold, 'u', 'z', 'q', 'r')
local user_id, zone_id, quantity, refunding = fields[1], fields[2], fields[3], fields[4]
if not user_id then
  redis.call('ZREM', due, booking_id)
  return 'nothing'
end
if redis.call('HEXISTS', inventory, 'a:' .. zone_id) == 0 then return 'not_loaded' end

if status == 'confirmed' then
  -- A refund has been begun since: its own settlement, or the expiry worker, takes the mark away.
  if refunding then return 'nothing' end
  redis.call('HINCRBY', inventory, 's:' .. zone_id, quantity)
else
  if refunding then
    -- Only a confirmed booking is marked, and its seats are counted as sold.
    redis.call('HINCRBY', inventory, 's:' .. zone_id, -quantity)
  end
  redis.call('HINCRBY', inventory, 'a:' .. zone_id, quantity)
  if redis.call('HINCRBY', taken, user_id, -quantity) <= 0 then redis.call('HDEL', taken, user_id) end
  if status == 'refunded' then redis.call('SET', freed, '1', 'EX', freed_ttl_s) end
end
redis.call('DEL', hold)
redis.call('ZREM', due, booking_id)
redis.call('SREM', holds_of_user, booking_id)
return 'settled'
