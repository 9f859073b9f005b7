import DedicatedThread
import Dispatch
import Foundation
import Metrics

/// The standard output of the process, whole lines at a time, written by a thread of its own: whoever logs waits for no disk and no pipe.
///
/// A line is written within some milliseconds, and before the process ends; a line that is marked urgent, and all before it, before the caller
/// goes on. What waits is bounded: beyond that lines are dropped, and their number is written once there is room again.
package enum StandardOutput {
    private static let writer = LineWriter(descriptor: STDOUT_FILENO)

    /// Writes all of `bytes`, one or several whole lines. What cannot be written is lost: logging must not end a service.
    package static func write(_ bytes: [UInt8], isUrgent: Bool = false) { writer.write(bytes, isUrgent: isUrgent) }

    /// How many lines were dropped since the process began.
    package static var dropped: Int { writer.dropped }
}

/// Writes lines to a file descriptor in the background.
final class LineWriter: Sendable {
    private struct State {
        var waiting: [UInt8] = []
        var droppedNow = 0
        var droppedInAll = 0
        var isRunning = false
    }

    private let descriptor: Int32
    private let capacity: Int
    private let state = Locked(State())
    /// Held while bytes go out, so that two writers never interleave.
    private let turn = Locked(())
    private let arrival = DispatchSemaphore(value: 0)

    /// How long lines gather: many are one system call.
    private static let gathering: useconds_t = 2000

    init(descriptor: Int32, capacity: Int = 4 * 1024 * 1024) {
        self.descriptor = descriptor
        self.capacity = capacity
    }

    var dropped: Int { state.withLock(\.droppedInAll) }

    func write(_ bytes: [UInt8], isUrgent: Bool) {
        let (isFirst, mustBegin) = state.withLock { state in
            guard state.waiting.count + bytes.count <= capacity else {
                state.droppedNow += 1
                state.droppedInAll += 1
                return (false, false)
            }
            let isFirst = state.waiting.isEmpty
            state.waiting += bytes
            defer { state.isRunning = true }
            return (isFirst, !state.isRunning)
        }
        if mustBegin { begin() }
        if isUrgent {
            flush()
        } else if isFirst {
            arrival.signal()
        }
    }

    /// Writes all that waits; returns once it is out.
    func flush() {
        turn.withLock { _ in
            let (bytes, dropped) = state.withLock { state in
                defer { (state.waiting, state.droppedNow) = ([], 0) }
                return (state.waiting, state.droppedNow)
            }
            put(bytes)
            guard dropped > 0 else { return }
            Counter(label: "log_lines_dropped_total").increment(by: dropped)
            put(Array(#"{"level":"error","message":"log lines were dropped","count":\#(dropped)}"#.utf8) + [UInt8(ascii: "\n")])
        }
    }

    private func begin() {
        Thread.detachNewThread { [self] in
            while true {
                arrival.wait()
                // lint:allow sleep because lines that come together are written together
                usleep(Self.gathering)
                flush()
            }
        }
        // What nobody has written when the process ends by itself.
        atexit { StandardOutput.finish() }
    }

    private func put(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if written > 0 {
                rest = rest.dropFirst(written)
            } else if errno != EINTR {
                return
            }
        }
    }
}

extension StandardOutput {
    fileprivate static func finish() { writer.flush() }
}
