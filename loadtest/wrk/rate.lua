-- A steady rate over all connections of a thread: wrk asks delay() before each request, and is told how long it is to its turn. An answer that
-- is late does not make the rate lower, as long as another connection is free.
local ffi = require('ffi')
ffi.cdef [[
  typedef struct { long sec; long nsec; } floodgate_timespec;
  int clock_gettime(int clock, floodgate_timespec *at);
]]

local MONOTONIC = 1
-- What could not be sent for longer than this is not made up for: it would be a burst.
local BEHIND_MOST_MS = 1000

local at = ffi.new('floodgate_timespec')

local function now_ms()
  ffi.C.clock_gettime(MONOTONIC, at)
  return tonumber(at.sec) * 1000 + tonumber(at.nsec) / 1e6
end

--- per_second: nil: the next request follows the answer, for wrk finds no delay()
function keep_rate(per_second)
  if not per_second then return end
  local gap_ms = 1000 / per_second
  local turn_ms = nil
  function delay()
    local now = now_ms()
    turn_ms = math.max((turn_ms or now) + gap_ms, now - BEHIND_MOST_MS)
    return math.max(0, math.floor(turn_ms - now + 0.5))
  end
end
