-- Sends the requests of a file in turn, each a line of path, header and its value between tabs, and prints one line of JSON at the end.
-- wrk … -s wrk.lua URL -- FILE once|again MILLISECONDS_BETWEEN_TWO
local requests, sent, once = {}, 0, false

function init(args)
  once = args[2] == "once"
  local rest = tonumber(args[3])
  if rest > 0 then -- wrk asks for it only where it is defined
    function delay() return rest end
  end
  for line in io.lines(args[1]) do
    local path, header, value = line:match("([^\t]*)\t([^\t]*)\t(.*)")
    requests[#requests + 1] = wrk.format("GET", path, { [header] = value })
  end
end

function request()
  sent = sent + 1
  if sent > #requests then
    if once then wrk.thread:stop() end -- the figures of this run say so: it is shorter than told
    sent = 1
  end
  return requests[sent]
end

function done(summary, latency)
  io.write(string.format(
    '{"requests": %d, "microseconds": %d, "refused": %d, "broken": %d, "p50": %d, "p99": %d}\n',
    summary.requests, summary.duration, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
