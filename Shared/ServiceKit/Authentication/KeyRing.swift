import Foundation
import Logging
import Synchronization

/// The keys that tokens may be signed with now: as the settings say, and as the file of `AUTH_JWKS_FILE` says since, which issuers rotate.
///
/// The file is looked at when a token comes, at most once a second. What cannot be read leaves the keys as they were: a file that is being
/// written must lock nobody out.
final class KeyRing: Sendable {
    private struct State {
        var keys: [VerificationKey]
        var stamp: FileStamp?
        var nextLook = ContinuousClock.now
        var complaint: FileStamp?
    }

    private let path: String?
    private let logger: Logger
    private let state: Mutex<State>
    private static let pause = Duration.seconds(1)

    /// `path` is the file that the keys were read from; nil for keys that stay.
    init(_ keys: [VerificationKey], from path: String? = nil, logger: Logger) {
        self.path = path
        self.logger = logger
        // Nothing is known of the file yet: it may have changed since the settings were read.
        state = Mutex(State(keys: keys))
    }

    /// The keys, those of a changed file included.
    var keys: [VerificationKey] {
        guard let path else { return state.withLock(\.keys) }
        return state.withLock { state in
            guard ContinuousClock.now >= state.nextLook else { return state.keys }
            state.nextLook = .now + Self.pause
            let stamp = FileStamp(path)
            if stamp != state.stamp { read(path, stamp, into: &state) }
            return state.keys
        }
    }

    private func read(_ path: String, _ stamp: FileStamp?, into state: inout State) {
        if let bytes = FileManager.default.contents(atPath: path), case .success(let keys) = VerificationKey.publicKeys(bytes) {
            if state.stamp != nil { logger.notice("the keys in AUTH_JWKS_FILE have changed", metadata: ["keys": "\(keys.count)"]) }
            state.keys = keys
            state.stamp = stamp
        } else if state.complaint != stamp || stamp == nil {
            state.complaint = stamp
            logger.error("AUTH_JWKS_FILE cannot be read or is no JWK set; the keys that were read before stay in use")
        }
    }
}

/// By which a file that was replaced or written to is told from what it was, also behind a link.
private struct FileStamp: Equatable {
    let inode: UInt64
    let size: Int64
    let changed: [Int]

    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        changed = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
    }
}
