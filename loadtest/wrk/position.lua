-- Polls of many people in turn, as fast as the connections get their answers.
--
--   wrk … -s position.lua URL -- TOKENS [RATE]
--
--   TOKENS   a file with one access token a line
--   RATE     as reserve.lua has it
local here = debug.getinfo(1, 'S').source:match('^@(.*/)')
dofile(here .. 'summary.lua')
dofile(here .. 'rate.lua')

local requests = {}
local sent = 0

function init(args)
  keep_rate(tonumber(args[2]))
  for token in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format('GET', nil, { ['Authorization'] = 'Bearer ' .. token })
  end
end

function request()
  sent = sent + 1
  return requests[(sent - 1) % #requests + 1]
end
