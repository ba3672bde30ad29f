#!lua
--[[
  Brings a queue's settings up to what is stored; an older version changes nothing. Counters are set only where this Redis has
  none: from the last checkpoint, when it has lost them.

  KEYS   meta queues
  ARGV   event_id version rate max_size state max_active_passes pre_queue drawn seq served

  state is open, paused or closed; max_active_passes '' for no cap; pre_queue and drawn are 1 or 0.

  Reply  1 when the settings are these now, 0 when newer ones were there
]]
-- @include now
local meta, queues = unpack(KEYS)
local event_id, version, rate, max_size, state, max_active_passes, pre_queue, drawn, seq, served = unpack(ARGV)
local known = redis.call('HGET', meta, 'version')
if known and tonumber(known) > tonumber(version) then return 0 end
redis.call('HSET', meta, 'version', version, 'rate', rate, 'max', max_size, 'state', state, 'cap', max_active_passes,
  'pre', pre_queue)
if not known then
  local now = now_ms()
  -- A queue that is new to this Redis has nobody who could have listened before.
  redis.call('HSET', meta, 'seq', seq, 'served', served, 'drawn', drawn, 'released', 0,
    'epoch', string.format('%.0f', now - now % 1000), 'heard_from', string.format('%.0f', now))
end
redis.call('SADD', queues, event_id)
return 1
