-- For wrk: sends each request of a file made by events.py once, on kept connections.
--
--   wrk -t 1 -c CONNECTIONS -d (SECONDS + 3)s -s post.lua URL -- FILE SECONDS
--
-- After SECONDS nothing new is begun and what is under way comes to its end, so that acknowledgements can be counted against rows.
local ffi = require("ffi")
ffi.cdef[[ struct moment { long seconds; long nanoseconds; }; int clock_gettime(int clock, struct moment *moment); ]]
local moment = ffi.new("struct moment")

local function now()
    ffi.C.clock_gettime(1, moment)
    return tonumber(moment.seconds) + tonumber(moment.nanoseconds) / 1e9
end

local senders = {}

function setup(thread) table.insert(senders, thread) end

function init(arguments)
    file = assert(io.open(arguments[1], "rb"))
    seconds = tonumber(arguments[2])
    sent, began, ended, exhausted = 0, 0, 0, 0
    waiting = nil
    -- wrk asks for one request before it begins, and throws it away.
    rehearsal = true
end

local function read()
    local length = file:read(8)
    return length and file:read(tonumber(length))
end

-- A connection that has nothing to do is put off for longer than the run lasts.
function delay()
    local time = now()
    if began == 0 then began = time end
    if ended == 0 then
        if time - began >= seconds then ended = time end
        waiting = waiting or read()
        if not waiting then ended, exhausted = time, 1 end
    end
    return ended == 0 and 0 or 1000000000
end

function request()
    if rehearsal then
        rehearsal = false
        return "GET / HTTP/1.1\r\nHost: rehearsal\r\n\r\n"
    end
    local next = waiting or read()
    waiting = nil
    if not next then
        -- The file ended between two connections that were both let through.
        exhausted = 1
        return "GET / HTTP/1.1\r\nHost: exhausted\r\n\r\n"
    end
    sent = sent + 1
    return next
end

function done(summary, latency)
    local sender = senders[1]
    local errors = summary.errors
    io.write(string.format("BENCH %d %d %d %.3f %.2f %.2f %d\n", sender:get("sent"), summary.requests - errors.status,
        errors.status + errors.connect + errors.read + errors.write + errors.timeout, sender:get("ended") - sender:get("began"),
        latency:percentile(50) / 1000, latency:percentile(99) / 1000, sender:get("exhausted")))
end
