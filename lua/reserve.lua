#!lua
--[[
  Holds seats for one person: stock, limit, hold, due time, idempotency key, queue pass and write-ahead entry, all or none.

  KEYS   inventory taken hold due idempotency stream holds_of_user pass passes
  ARGV   booking_id user_id event_id show_id zone_id quantity unit_price_minor currency catalogue_version
         max_tickets_per_user hold_ms stream_max_entries idempotency_hash idempotency_ttl_s traceparent
         queue_required pass_id       pass_id: '' without a pass that was proved to be this person's

  Reply  reserved created_ms expires_ms available   the hold is there (now, or since an earlier call with this booking id)
         replayed value available                   the idempotency key's booking, as it was stored
         key_reused                                 the key belongs to another request
         backlog_full                               the stream is at its limit
         not_loaded                                 the event or zone is not in this Redis: never the same as sold out
         stale_catalogue version                    the price was read from another version
         not_on_sale
         pass_required                              the event lets in with a pass, and none was proved
         pass_unknown                               it was used, has expired, or was never given out here
         limit_exceeded taken                       seats this person holds or bought in this event
         sold_out available

  A script with this first line is refused as a whole when memory is short; without it, it could stop half-way.
]]
-- @include now
local inventory, taken, hold, due, idempotency, stream, holds_of_user, pass, passes = unpack(KEYS)
local booking_id, user_id, event_id, show_id, zone_id, quantity, unit_price_minor, currency, catalogue_version,
  max_tickets_per_user, hold_ms, stream_max_entries, idempotency_hash, idempotency_ttl_s, traceparent,
  queue_required, pass_id = unpack(ARGV)
local seats = tonumber(quantity)
local available_field = 'a:' .. zone_id

local standing = redis.call('HMGET', hold, 't', 'd')
if standing[1] then
  return { 'reserved', standing[1], standing[2], redis.call('HGET', inventory, available_field) or '0' }
end
local request = zone_id .. ':' .. quantity .. '|'
if idempotency_hash ~= '' then
  local earlier = redis.call('GET', idempotency)
  if earlier then
    if string.sub(earlier, 1, #request) ~= request then return { 'key_reused' } end
    return { 'replayed', earlier, redis.call('HGET', inventory, available_field) or '0' }
  end
end

if redis.call('XLEN', stream) >= tonumber(stream_max_entries) then return { 'backlog_full' } end

local state = redis.call('HMGET', inventory, 'version', 'sale', 'opens', 'closes', available_field)
local version, sale, opens, closes, available = state[1], state[2], state[3], state[4], state[5]
if not version then return { 'not_loaded' } end
if version ~= catalogue_version then return { 'stale_catalogue', version } end
local now = now_ms()
if sale ~= 'on_sale' or now < tonumber(opens) or (closes ~= '' and now >= tonumber(closes)) then
  return { 'not_on_sale' }
end
if not available then return { 'not_loaded' } end
if queue_required == '1' then
  if pass_id == '' then return { 'pass_required' } end
  if redis.call('GET', pass) ~= pass_id then return { 'pass_unknown' } end
end
local held = tonumber(redis.call('HGET', taken, user_id) or 0)
if held + seats > tonumber(max_tickets_per_user) then return { 'limit_exceeded', held } end
if tonumber(available) < seats then return { 'sold_out', available } end

local created_ms = string.format('%.0f', now)
local expires_ms = string.format('%.0f', now + hold_ms)
local remaining = redis.call('HINCRBY', inventory, available_field, -seats)
redis.call('HINCRBY', taken, user_id, seats)
redis.call('HSET', hold, 'u', user_id, 'e', event_id, 's', show_id, 'z', zone_id, 'q', quantity, 'p', unit_price_minor,
  'c', currency, 't', created_ms, 'd', expires_ms, 'i', idempotency_hash, 'x', traceparent)
redis.call('ZADD', due, expires_ms, booking_id)
redis.call('SADD', holds_of_user, booking_id)
if queue_required == '1' then
  redis.call('DEL', pass)
  redis.call('ZREM', passes, user_id)
end
if idempotency_hash ~= '' then
  local value = table.concat({ request .. booking_id, show_id, unit_price_minor, currency, created_ms, expires_ms }, '|')
  redis.call('SET', idempotency, value, 'EX', idempotency_ttl_s)
end
redis.call('XADD', stream, '*', 'b', booking_id, 'u', user_id, 'e', event_id, 's', show_id, 'z', zone_id, 'q', quantity,
  'p', unit_price_minor, 'c', currency, 't', created_ms, 'd', expires_ms, 'i', idempotency_hash, 'x', traceparent)
return { 'reserved', created_ms, expires_ms, remaining }
