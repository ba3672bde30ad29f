#!lua
--[[
  Takes a person out of the queue, with the pass they may have. Their number is over: no token brings it back.

  KEYS   queue seen over pass passes lobby
  ARGV   user_id

  Reply  1 when they were in the queue or had a pass, else 0
]]
-- @include place
local queue, seen, over, pass, passes, lobby = unpack(KEYS)
local user_id = ARGV[1]
local place = redis.call('ZSCORE', queue, user_id)
if place then
  redis.call('ZREM', queue, user_id)
  redis.call('ZREM', seen, user_id)
  redis.call('SETBIT', over, string.format('%.0f', seq_of(tonumber(place))), 1)
  return 1
end
local left = redis.call('ZREM', lobby, user_id) + redis.call('DEL', pass)
redis.call('ZREM', passes, user_id)
return left > 0 and 1 or 0
