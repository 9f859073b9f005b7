import Foundation
import Synchronization

/// The standard output of the process, whole lines at a time.
package enum StandardOutput {
    private static let oneAtATime = Mutex(())

    /// Writes all of `bytes`, never interleaved with another caller's. What cannot be written is lost: logging must not end a service.
    package static func write(_ bytes: [UInt8]) {
        oneAtATime.withLock { _ in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes { Foundation.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
                if written > 0 {
                    rest = rest.dropFirst(written)
                } else if errno != EINTR {
                    return
                }
            }
        }
    }
}
