#!lua
--[[
  Says where a person stands, and notes that they listen.

  KEYS   meta queue seen over pass inventory lobby gone
  ARGV   user_id

  Reply  waiting seq joined_ms position total rate paused_by
         ready pass_id
         lobby opens_ms total
         gone reason                why they are not in the queue any more
         none
]]
-- @include now
-- @include place
local meta, queue, seen, over, pass, inventory, lobby, gone = unpack(KEYS)
local user_id = ARGV[1]
local standing_pass = redis.call('GET', pass)
if standing_pass then return { 'ready', standing_pass } end
local served, epoch, rate, paused_by = unpack(redis.call('HMGET', meta, 'served', 'epoch', 'rate', 'paused_by'))
local total = redis.call('ZCARD', queue) + redis.call('ZCARD', lobby)
local standing = redis.call('ZSCORE', queue, user_id)
if served and standing then
  local place = tonumber(standing)
  local seq = seq_of(place)
  redis.call('ZADD', seen, 'XX', 'GT', string.format('%.0f', now_ms()), user_id)
  local joined_ms = string.format('%.0f', epoch + joined_s_of(place) * 1000)
  return { 'waiting', seq, joined_ms, position_of(seq, tonumber(served), over), total, rate, paused_by or '' }
end
if redis.call('ZSCORE', lobby, user_id) then
  return { 'lobby', redis.call('HGET', inventory, 'opens') or '0', total }
end
local reason = redis.call('GET', gone)
if reason then return { 'gone', reason } end
return { 'none' }
