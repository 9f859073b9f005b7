import DedicatedThread

/// How the Swift side talks to a connection's thread: messages put in from anywhere, taken out in order by the thread, which
/// is woken from its poll.
final class Mailbox<Message: Sendable>: Sendable {
    let wakeup = Wakeup()
    private let messages = Locked<[Message]?>([])

    /// Puts `message` in. Returns false, and keeps nothing, once the mailbox is closed.
    @discardableResult
    func send(_ message: Message) -> Bool {
        let isOpen = messages.withLock { messages in
            messages?.append(message)
            return messages != nil
        }
        if isOpen { wakeup.signal() }
        return isOpen
    }

    /// Everything that has come since the last call, in order.
    func take() -> [Message] {
        // Cleared before looking: what comes in between then wakes the thread once more than needed, never once too few.
        wakeup.clear()
        return messages.withLock { messages in
            defer { if messages != nil { messages = [] } }
            return messages ?? []
        }
    }

    /// Refuses all later messages and returns those not yet taken.
    func close() -> [Message] {
        messages.withLock { messages in
            defer { messages = nil }
            return messages ?? []
        }
    }
}
