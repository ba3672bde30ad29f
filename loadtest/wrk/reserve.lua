-- Reservations by many people in turn, as fast as the connections get their answers.
--
--   wrk … -s reserve.lua URL -- TOKENS BODIES [RATE [KEYS]]
--
--   TOKENS   a file with one access token a line
--   BODIES   a file with one JSON body a line; they take turns over the tokens. wrk takes the first request to look at it
--   RATE     requests a second, evenly spread, with as many connections as that takes. Without it the next request follows the answer
--   KEYS     every request has an Idempotency-Key of its own, which begins so
--
-- The requests are put together before the load begins; there is no response() because it would cost CPU for each answer: whoever
-- runs this reads from the service's own metrics how many were reserved.
local here = debug.getinfo(1, 'S').source:match('^@(.*/)')
dofile(here .. 'summary.lua')
dofile(here .. 'rate.lua')

local requests = {}
local sent = 0
local keys = nil
-- Where the key goes, in a request that is put together without it.
local KEY = '0123456789abcdef-idempotency-key'

function init(args)
  keep_rate(tonumber(args[3]))
  keys = args[4]
  local bodies = {}
  for body in io.lines(args[2]) do bodies[#bodies + 1] = body end
  for token in io.lines(args[1]) do
    local headers = { ['Authorization'] = 'Bearer ' .. token, ['Content-Type'] = 'application/json' }
    if keys then headers['Idempotency-Key'] = KEY end
    local text = wrk.format('POST', nil, headers, bodies[#requests % #bodies + 1])
    requests[#requests + 1] = keys and split(text) or text
  end
end

function split(text)
  local first, last = text:find(KEY, 1, true)
  return { before = text:sub(1, first - 1), after = text:sub(last + 1) }
end

function request()
  sent = sent + 1
  local wanted = requests[(sent - 1) % #requests + 1]
  return keys and wanted.before .. keys .. sent .. wanted.after or wanted
end
