-- Polls of many people in turn, as fast as the connections get their answers.
--
--   wrk … -s position.lua URL -- TOKENS [PAUSE_MS]
--
--   TOKENS   a file with one access token a line
--   PAUSE_MS as reserve.lua has it
dofile(debug.getinfo(1, 'S').source:match('^@(.*/)') .. 'summary.lua')

local requests = {}
local sent = 0

function init(args)
  local pause_ms = tonumber(args[2])
  if pause_ms then function delay() return math.floor(pause_ms * (0.5 + math.random())) end end
  for token in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format('GET', nil, { ['Authorization'] = 'Bearer ' .. token })
  end
end

function request()
  sent = sent + 1
  return requests[(sent - 1) % #requests + 1]
end
