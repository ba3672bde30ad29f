#!lua
--[[
  Changes a zone's capacity while it sells. A version that was applied before changes nothing; seats that are held or
  sold cannot be taken away.

  KEYS   inventory generation
  ARGV   zone_id capacity version

  Reply  changed generation
         unchanged                 this version, or a later one, was applied before
         seats_taken smallest      the smallest capacity that is possible now
         not_loaded
]]
local inventory, generation = unpack(KEYS)
local zone_id, capacity, version = unpack(ARGV)
local state = redis.call('HMGET', inventory, 'a:' .. zone_id, 'c:' .. zone_id, 'v:' .. zone_id)
local available, current, applied = state[1], state[2], state[3]
if not available then return { 'not_loaded' } end
if tonumber(applied) >= tonumber(version) then return { 'unchanged' } end
local change = tonumber(capacity) - tonumber(current)
if tonumber(available) + change < 0 then return { 'seats_taken', tonumber(current) - tonumber(available) } end
redis.call('HINCRBY', inventory, 'a:' .. zone_id, change)
redis.call('HSET', inventory, 'c:' .. zone_id, capacity, 'v:' .. zone_id, version)
return { 'changed', redis.call('GET', generation) or '0' }
