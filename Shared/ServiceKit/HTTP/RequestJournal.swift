package import Models
import Synchronization

/// What is learned about a request on its way inwards, kept for the log line written on its way out.
package final class RequestJournal: Sendable {
    private struct Entries {
        var sender: UserID?
        var isRoutine = false
    }

    private let entries = Mutex(Entries())

    init() {}

    /// The user whose token was accepted, once it was.
    package internal(set) var userID: UserID? {
        get { entries.withLock(\.sender) }
        set { entries.withLock { $0.sender = newValue } }
    }

    /// Whether the request is one of very many, each of which leaves a row that tells more than a line could: then its line, if all goes
    /// well, is for those who look at `debug`.
    package var isRoutine: Bool {
        get { entries.withLock(\.isRoutine) }
        set { entries.withLock { $0.isRoutine = newValue } }
    }
}
