package import Models
import Synchronization

/// What is learned about a request on its way inwards, kept for the log line written on its way out.
package final class RequestJournal: Sendable {
    private let sender = Mutex<UserID?>(nil)

    init() {}

    /// The user whose token was accepted, once it was.
    package internal(set) var userID: UserID? {
        get { sender.withLock { $0 } }
        set { sender.withLock { $0 = newValue } }
    }
}
