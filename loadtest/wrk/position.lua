-- Polls of many people in turn, as fast as the connections get their answers.
--
--   wrk … -s position.lua URL -- TOKENS
--
--   TOKENS   a file with one access token a line
dofile(debug.getinfo(1, 'S').source:match('^@(.*/)') .. 'summary.lua')

local requests = {}
local sent = 0

function init(args)
  for token in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format('GET', nil, { ['Authorization'] = 'Bearer ' .. token })
  end
end

function request()
  sent = sent + 1
  return requests[(sent - 1) % #requests + 1]
end
