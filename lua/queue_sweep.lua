#!lua
--[[
  Passes over people who stopped listening: neither a stream nor a poll for listen_ms. While no API process was there to
  listen to (`alive` is gone) or nobody swept, nobody is to blame: everybody counts as heard when that ends.

  KEYS   meta queue seen over alive
  ARGV   gone_prefix listen_ms outage_ms limit gone_ttl_s       limit ≤ 500

  Reply  number of people passed over

  The keys that tell them so are made from the prefix; it carries the partition's tag.
]]
-- @include now
-- @include place
local meta, queue, seen, over, alive = unpack(KEYS)
local gone_prefix, listen_ms, outage_ms, limit, gone_ttl_s = unpack(ARGV)
local now = now_ms()
local heard_from, swept = unpack(redis.call('HMGET', meta, 'heard_from', 'swept'))
if not heard_from then return 0 end
redis.call('HSET', meta, 'swept', string.format('%.0f', now))
if redis.call('EXISTS', alive) == 0 or (swept and now - swept > tonumber(outage_ms)) then
  redis.call('HSET', meta, 'heard_from', string.format('%.0f', now))
  return 0
end
local since = now - listen_ms
if tonumber(heard_from) > since then return 0 end
local silent = redis.call('ZRANGE', seen, '-inf', string.format('%.0f', since), 'BYSCORE', 'LIMIT', 0, limit)
for _, user_id in ipairs(silent) do
  local place = redis.call('ZSCORE', queue, user_id)
  if place then
    redis.call('ZREM', queue, user_id)
    redis.call('SETBIT', over, string.format('%.0f', seq_of(tonumber(place))), 1)
    redis.call('SET', gone_prefix .. user_id, 'passed_over', 'EX', gone_ttl_s)
  end
  redis.call('ZREM', seen, user_id)
end
return #silent
