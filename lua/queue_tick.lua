#!lua
--[[
  Everything that the streams of one event need in one read, however many they are.

  KEYS   meta queue over inventory lobby
  ARGV   pass_prefix {user_id} …        ≤ 1000 people who may have been let in

  Reply  epoch served total rate paused_by sale_over drawn over_from over {pass_id or '' …}
         sale_over: 1 once the event lets nobody in any more
         over: bytes of the bitmap from byte over_from on, the one that holds the bit of `served`
         or nothing when this Redis does not have the queue
]]
-- @include now
local meta, queue, over, inventory, lobby = unpack(KEYS)
local served, epoch, rate, paused_by, drawn =
  unpack(redis.call('HMGET', meta, 'served', 'epoch', 'rate', 'paused_by', 'drawn'))
if not served then return false end
local passes = {}
if #ARGV > 1 then
  local keys = {}
  for i = 2, #ARGV do keys[i - 1] = ARGV[1] .. ARGV[i] end
  passes = redis.call('MGET', unpack(keys))
  for i = 1, #keys do passes[i] = passes[i] or '' end
end
local sale, closes = unpack(redis.call('HMGET', inventory, 'sale', 'closes'))
local sale_over = sale == 'closed' or sale == 'cancelled' or (closes and closes ~= '' and now_ms() >= tonumber(closes))
local from = math.floor(served / 8)
return { epoch, served, redis.call('ZCARD', queue) + redis.call('ZCARD', lobby), rate, paused_by or '',
  sale_over and 1 or 0, drawn or '0', from, redis.call('GETRANGE', over, from, from + 1048575), passes }
