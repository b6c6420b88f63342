-- Clients that ask for the status of a job again and again, each on its connection, with a pause
-- in between: wrk -s pollers.lua ... -- KEY MEAN_PAUSE_MS ID...
local ids = {}
local key, pause_ms

function init(args)
  key, pause_ms = args[1], tonumber(args[2])
  for index = 3, #args do ids[#ids + 1] = args[index] end
  math.randomseed(os.time())
end

function request()
  local id = ids[math.random(#ids)]
  return wrk.format("GET", "/image/v1/status/" .. id, { ["X-API-Key"] = key, ["Accept"] = "application/json" })
end

-- Half to one and a half of the mean, so that they do not march in step. wrk's latency is from the
-- request to its answer, without the pause.
function delay()
  if pause_ms == 0 then return 0 end
  return math.random(math.floor(pause_ms / 2), math.floor(pause_ms * 3 / 2))
end

function done(summary, latency, requests)
  local errors = summary.errors
  print(string.format(
    'JSON {"requests": %d, "seconds": %.3f, "p50_ms": %.3f, "p95_ms": %.3f, "p99_ms": %.3f, "max_ms": %.3f, ' ..
    '"failed": {"connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d}}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(95) / 1e3,
    latency:percentile(99) / 1e3, latency.max / 1e3,
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
