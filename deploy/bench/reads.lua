-- For wrk: GETs one path, each time with another of the tokens in a file.
--
--   wrk -t 1 -c CONNECTIONS -d SECONDS -s reads.lua URL -- PATH FILE
local requests, place = {}, 0

function init(arguments)
    for token in io.lines(arguments[2]) do
        requests[#requests + 1] = wrk.format("GET", arguments[1], { Host = "bench", Authorization = "Bearer " .. token })
    end
end

function request()
    place = place % #requests + 1
    return requests[place]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format("BENCH %d %d %.3f %.3f %.3f\n", summary.requests, errors.status + errors.connect + errors.read + errors.timeout,
        summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
