#!lua
--[[
  Brings an event's sale state up to the catalogue's, and loads zones that this Redis does not have yet. It never
  overwrites a zone's stock, and an older version changes nothing. Without zones it changes only an event that is here: an
  inventory that was lost must look lost.

  KEYS   inventory
  ARGV   version sale opens_ms closes_ms {zone_id capacity available sold capacity_version} …   ≤ 500 zones a call

  Reply  number of zones loaded
]]
local inventory = KEYS[1]
local version, sale, opens_ms, closes_ms = unpack(ARGV, 1, 4)
local known = redis.call('HGET', inventory, 'version')
if not known and #ARGV == 4 then return 0 end
if not known or tonumber(known) < tonumber(version) then
  redis.call('HSET', inventory, 'version', version, 'sale', sale, 'opens', opens_ms, 'closes', closes_ms)
end
local loaded = 0
for i = 5, #ARGV, 5 do
  local zone_id, capacity, available, sold, capacity_version = unpack(ARGV, i, i + 4)
  if redis.call('HSETNX', inventory, 'a:' .. zone_id, available) == 1 then
    redis.call('HSET', inventory, 'c:' .. zone_id, capacity, 's:' .. zone_id, sold, 'v:' .. zone_id, capacity_version)
    loaded = loaded + 1
  end
end
return loaded
