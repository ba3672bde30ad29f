-- Confirmations, each of a hold of its own; when there are no more it sends nothing, until its time is over. The first line is
-- taken by wrk itself, to see whether requests differ.
--
--   wrk … -s confirm.lua URL -- CONFIRMS
--
--   CONFIRMS   a file with path, access token and JSON body a line, separated by tabs
dofile(debug.getinfo(1, 'S').source:match('^@(.*/)') .. 'summary.lua')

local requests = {}
local sent = 0

function init(args)
  for line in io.lines(args[1]) do
    local path, token, body = line:match('^(.-)\t(.-)\t(.*)$')
    local headers = { ['Authorization'] = 'Bearer ' .. token, ['Content-Type'] = 'application/json' }
    requests[#requests + 1] = wrk.format('POST', path, headers, body)
  end
end

function request()
  if sent < #requests then sent = sent + 1 else wrk.thread:stop() end
  return requests[sent]
end
