-- A place in a queue is one number, so that a sorted set keeps both: the sequence number orders, and below it stand the
-- seconds since the queue's epoch at which the person joined (22 bits: 48 days; 31 bits are left for the number).
local JOINED_RANGE = 4194304
local function place_of(seq, joined_s)
  return string.format('%.0f', seq * JOINED_RANGE + math.max(0, math.min(joined_s, JOINED_RANGE - 1)))
end
local function seq_of(place)
  return math.floor(place / JOINED_RANGE)
end
local function joined_s_of(place)
  return place % JOINED_RANGE
end
-- How many stand in the queue up to and including a number. `over` has a bit for each number that waits no more.
local function position_of(seq, served, over)
  if seq <= served + 1 then return 1 end
  return seq - served - redis.call('BITCOUNT', over, string.format('%.0f', served + 1), string.format('%.0f', seq - 1), 'BIT')
end
