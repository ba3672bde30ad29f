#!lua
--[[
  Notes that people listen, through the stream that they hold open; at most 500 a call.

  KEYS   seen
  ARGV   {user_id} …

  Reply  1
]]
-- @include now
local now = string.format('%.0f', now_ms())
local members = {}
for _, user_id in ipairs(ARGV) do
  members[#members + 1] = now
  members[#members + 1] = user_id
end
if #members > 0 then redis.call('ZADD', KEYS[1], 'XX', 'GT', unpack(members)) end
return 1
