#!lua
--[[
  Gives a person a place at the end of the queue, or the one they have. With the number of a signed token whose place was lost
  it is given back. Before the on-sale opens a queue with a pre-queue collects people without places.
  token_seq is 0 without a token, draw_score '' when the caller does not know the draw's key.

  KEYS   meta queue seen over pass inventory lobby gone
  ARGV   user_id token_seq token_joined_ms draw_score

  Reply  joined seq joined_ms position total rate paused_by
         ready pass_id
         lobby opens_ms total
         full
         score_needed               to join this pre-queue
         not_open                   the queue is closed, or the event is not on sale
         not_configured             this Redis does not have the queue's settings
         not_loaded                 this Redis does not have the event
]]
-- @include now
-- @include place
local meta, queue, seen, over, pass, inventory, lobby, gone = unpack(KEYS)
local user_id, token_seq, token_joined_ms, draw_score = unpack(ARGV)
local now = now_ms()

local standing_pass = redis.call('GET', pass)
if standing_pass then return { 'ready', standing_pass } end
local settings = redis.call('HMGET', meta, 'seq', 'served', 'epoch', 'rate', 'max', 'state', 'pre', 'drawn', 'paused_by')
local last, served, epoch, rate, max_size, state, pre, drawn, paused_by = unpack(settings)
if not last then return { 'not_configured' } end
served = tonumber(served)

local function joined(place)
  local seq = seq_of(place)
  local joined_ms = string.format('%.0f', epoch + joined_s_of(place) * 1000)
  local total = redis.call('ZCARD', queue) + redis.call('ZCARD', lobby)
  return { 'joined', seq, joined_ms, position_of(seq, served, over), total, rate, paused_by or '' }
end

local standing = redis.call('ZSCORE', queue, user_id)
if standing then
  redis.call('ZADD', seen, string.format('%.0f', now), user_id)
  return joined(tonumber(standing))
end

local sale = redis.call('HMGET', inventory, 'sale', 'opens', 'closes')
if not sale[1] then return { 'not_loaded' } end
if sale[1] ~= 'on_sale' or (sale[3] ~= '' and now >= tonumber(sale[3])) then return { 'not_open' } end
local total = redis.call('ZCARD', queue) + redis.call('ZCARD', lobby)

local wanted = tonumber(token_seq)
if wanted > 0 and redis.call('GETBIT', over, token_seq) == 0 then
  -- Nobody with this number was let in, left or was passed over: Redis forgot it.
  local joined_s = math.floor((token_joined_ms - epoch) / 1000)
  local place = place_of(wanted, joined_s)
  if tonumber(last) < wanted then redis.call('HSET', meta, 'seq', token_seq) end
  redis.call('ZADD', queue, place, user_id)
  redis.call('ZADD', seen, string.format('%.0f', now), user_id)
  redis.call('DEL', gone)
  return joined(tonumber(place))
end

if state == 'closed' then return { 'not_open' } end
if now < tonumber(sale[2]) then
  if pre ~= '1' or drawn == '1' then return { 'not_open' } end
  if redis.call('ZSCORE', lobby, user_id) == false then
    if total >= tonumber(max_size) then return { 'full' } end
    if draw_score == '' then return { 'score_needed' } end
    redis.call('ZADD', lobby, draw_score, user_id)
    total = total + 1
  end
  return { 'lobby', sale[2], total }
end
-- The draw has begun with who was here before the opening; whoever comes now stands behind all of them.
if redis.call('ZSCORE', lobby, user_id) then return { 'lobby', sale[2], total } end
if total >= tonumber(max_size) then return { 'full' } end
if pre == '1' and drawn ~= '1' then
  redis.call('HSET', meta, 'drawn', '1', 'draw_next', last, 'draw_until', last + redis.call('ZCARD', lobby))
  redis.call('HINCRBY', meta, 'seq', redis.call('ZCARD', lobby))
end
local seq = redis.call('HINCRBY', meta, 'seq', 1)
local place = place_of(seq, math.floor((now - epoch) / 1000))
redis.call('ZADD', queue, place, user_id)
redis.call('ZADD', seen, string.format('%.0f', now), user_id)
redis.call('DEL', gone)
return joined(tonumber(place))
