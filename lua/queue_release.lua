#!lua
--[[
  Lets in as many as the rate allows since the last call, whoever called: at most one second's worth after a stall, and what
  is left of a whole person is carried to the next call. Draws the order of the pre-queue first, once, in steps.

  KEYS   meta queue seen over passes inventory lobby stream saturated
  ARGV   pass_prefix pass_ttl_ms limit stream_max_entries      limit ≤ 500: people let in or drawn in one call

  Reply  released more paused_by waiting active rate oldest_joined_ms seq served drawn {waited_s …}
         or nothing when this Redis does not have the queue or the event
         paused_by: '', organizer, backlog, load, not_on_sale, draw or cap; waited_s of everybody who was let in now

  Passes' keys are made from the prefix; it carries the partition's tag, so they live in the slot of the declared keys.
]]
-- @include now
-- @include place
local meta, queue, seen, over, passes, inventory, lobby, stream, saturated = unpack(KEYS)
local pass_prefix, pass_ttl_ms, limit, stream_max_entries = unpack(ARGV)
limit = tonumber(limit)
local now = now_ms()
local now_text = string.format('%.0f', now)

local fields = redis.call('HMGET', meta, 'seq', 'served', 'epoch', 'rate', 'state', 'cap', 'pre', 'drawn', 'last', 'carry',
  'draw_next', 'draw_until')
local seq, served, epoch, rate, state, cap, pre, drawn, last, carry, draw_next, draw_until = unpack(fields)
local sale = redis.call('HMGET', inventory, 'sale', 'opens', 'closes')
if not seq or not sale[1] then return false end
served, rate, carry = tonumber(served), tonumber(rate), tonumber(carry or 0)
redis.call('ZREMRANGEBYSCORE', passes, '-inf', now_text)
local active = redis.call('ZCARD', passes)
local on_sale = sale[1] == 'on_sale' and now >= tonumber(sale[2]) and (sale[3] == '' or now < tonumber(sale[3]))

-- The pre-queue's people get the first numbers, in the order of their scores.
local drawing = false
if on_sale and pre == '1' then
  if drawn ~= '1' then
    drawn, draw_next, draw_until = '1', seq, seq + redis.call('ZCARD', lobby)
    seq = draw_until
    redis.call('HSET', meta, 'drawn', drawn, 'draw_next', draw_next, 'draw_until', draw_until, 'seq', seq)
  end
  if draw_next and redis.call('ZCARD', lobby) > 0 then
    local popped = redis.call('ZPOPMIN', lobby, limit)
    local joined_s = math.floor((now - epoch) / 1000)
    for i = 1, #popped, 2 do
      draw_next = draw_next + 1
      redis.call('ZADD', queue, place_of(draw_next, joined_s), popped[i])
      redis.call('ZADD', seen, now_text, popped[i])
    end
    redis.call('HSET', meta, 'draw_next', draw_next)
    drawing = redis.call('ZCARD', lobby) > 0
  end
end

local paused_by = ''
if state == 'paused' then paused_by = 'organizer'
elseif not on_sale then paused_by = 'not_on_sale'
elseif redis.call('XLEN', stream) >= tonumber(stream_max_entries) then paused_by = 'backlog'
elseif redis.call('EXISTS', saturated) == 1 then paused_by = 'load'
elseif drawing then paused_by = 'draw'
end

local waiting = redis.call('ZCARD', queue)
local waited = {}
local more = drawing
if paused_by ~= '' then
  carry = 0
else
  local elapsed_ms = last and math.max(0, math.min(now - last, 1000)) or 0
  local allowed = math.min(carry + elapsed_ms * rate / 1000, rate)
  local whole = math.floor(allowed)
  if cap ~= '' then
    local room = math.max(0, tonumber(cap) - active)
    if room < whole then
      whole, allowed = room, room
      if waiting > 0 then paused_by = 'cap' end
    end
  end
  local now_let_in = math.min(whole, waiting, limit)
  -- Nobody waits: nothing is saved up for those who come later.
  carry = waiting <= whole and allowed - math.floor(allowed) or allowed - now_let_in
  more = now_let_in == limit and whole > limit and waiting > limit
  local expires_ms = string.format('%.0f', now + pass_ttl_ms)
  local popped = now_let_in > 0 and redis.call('ZPOPMIN', queue, now_let_in) or {}
  for i = 1, #popped, 2 do
    local user_id, place = popped[i], tonumber(popped[i + 1])
    local number = seq_of(place)
    served = math.max(served, number)
    redis.call('ZREM', seen, user_id)
    redis.call('SETBIT', over, string.format('%.0f', number), 1)
    redis.call('SET', pass_prefix .. user_id, string.format('%.0f', number) .. '.' .. expires_ms, 'PX', pass_ttl_ms)
    redis.call('ZADD', passes, expires_ms, user_id)
    waited[#waited + 1] = math.max(0, math.floor((now - epoch) / 1000) - joined_s_of(place))
  end
  if now_let_in > 0 then
    redis.call('HSET', meta, 'served', string.format('%.0f', served))
    redis.call('HINCRBY', meta, 'released', now_let_in)
  end
  waiting, active = waiting - now_let_in, active + now_let_in
end
redis.call('HSET', meta, 'last', now_text, 'carry', string.format('%.6f', carry), 'paused_by', paused_by)
local oldest = redis.call('ZRANGE', queue, 0, 0, 'WITHSCORES')[2]
local oldest_ms = oldest and string.format('%.0f', epoch + joined_s_of(tonumber(oldest)) * 1000) or ''
return { #waited, more and 1 or 0, paused_by, waiting + redis.call('ZCARD', lobby), active, rate, oldest_ms,
  string.format('%.0f', seq), string.format('%.0f', served), drawn or '0', waited }
