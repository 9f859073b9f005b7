/// The messages sent and not yet confirmed, by the number the broker confirms them under: 1, 2, 3 … on each connection.
struct ConfirmWindow {
    private struct Entry {
        var submission: Submission
        var index: Int
        var returnedBecause: String?
    }

    private let size: Int
    private var entries: [UInt64: Entry] = [:]
    private var oldest: UInt64 = 1
    private var next: UInt64 = 1

    init(size: Int) {
        self.size = max(1, size)
    }

    /// Whether anyone still waits for a message in here.
    var isAwaited: Bool { entries.values.contains { !$0.submission.isSettled } }
    var hasRoom: Bool { entries.count < size }

    /// Takes note of the next message sent.
    mutating func add(_ submission: Submission, index: Int) {
        entries[next] = Entry(submission: submission, index: index)
        next += 1
    }

    /// Whether a message of `submission` is unconfirmed.
    func contains(_ submission: Submission) -> Bool {
        entries.values.contains { $0.submission === submission }
    }

    /// Marks the message that came back. It is recognised by what was published: the broker returns in the order of sending and
    /// before the confirm, so the oldest unmarked one that looks the same is meant.
    mutating func markReturned(_ returned: Delivery, because reason: String) {
        for tag in oldest..<next {
            guard let entry = entries[tag], entry.returnedBecause == nil else { continue }
            let sent = entry.submission.batch[entry.index]
            guard sent.messageID == returned.messageID, sent.routingKey == returned.routingKey, sent.exchange == returned.exchange else {
                continue
            }
            entries[tag]?.returnedBecause = reason
            return
        }
    }

    /// Settles the message numbered `tag`, or all up to it. Returns how many there were: a number never sent has none.
    mutating func settle(upTo tag: UInt64, multiple: Bool, as result: PublishResult) -> Int {
        guard tag < next else { return 0 }
        let before = entries.count
        for tag in (multiple ? min(oldest, tag) : tag)...tag {
            guard let entry = entries.removeValue(forKey: tag) else { continue }
            entry.submission.resolve(entry.index, entry.returnedBecause.map { .returned(reason: $0) } ?? result)
        }
        while oldest < next, entries[oldest] == nil { oldest += 1 }
        return before - entries.count
    }

    /// Forgets everything, as numbers begin anew on the next connection; what was waiting fails with `error`.
    mutating func fail(_ error: RabbitError) {
        for entry in entries.values { entry.submission.fail(error) }
        self = ConfirmWindow(size: size)
    }
}
