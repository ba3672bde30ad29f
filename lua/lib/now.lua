-- The time in milliseconds since the epoch, from Redis's own clock. The only place where time is read.
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
