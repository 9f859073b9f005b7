/// What will fall due, in the order of its time, then of its entry.
struct Agenda: Sendable {
    /// Something to be done at a time. It checks itself whether it still applies.
    enum Work: Sendable, Equatable, Codable {
        case expireSession(String)
        case expireIncomplete(String)
        case announceTrialEnd(String)
        case announceRenewal(String, periodEnd: Int)
        case endPeriod(String, periodEnd: Int)
        case cancel(String, at: Int)
        case finalize(String)
        case retry(String, at: Int)
        case referToRefund(String)
        case resumeCollection(String, at: Int)
        case voidResumption(String)
        case settleDebit(String)
        case overdue(String)
        case expireUpdate(String, at: Int)
        case disputeCharge(String, Complaint)
        case decideDispute(String, Dispute.Verdict)
        case endDispute(String)
        case moveRefund(String, Refund.Status, String?)
    }

    /// One piece of work and its time.
    struct Entry: Sendable, Codable {
        let at: Int
        let number: Int
        let work: Work
    }

    /// Latest first, so that the next is taken from the end.
    private var entries: [Entry] = []
    private var entered = 0
    var changes: ChangeLog<Entry>?

    mutating func schedule(_ work: Work, at time: Int) {
        entered += 1
        let entry = Entry(at: time, number: entered, work: work)
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            let other = entries[middle]
            if (other.at, other.number) > (entry.at, entry.number) { low = middle + 1 } else { high = middle }
        }
        entries.insert(entry, at: low)
        changes?.note(String(entered), entry, place: entered)
    }

    /// When the next entry falls due, whether it still applies or not.
    var next: Int? { entries.last?.at }

    /// Takes the next entry out.
    mutating func pop() -> (at: Int, work: Work)? {
        guard let entry = entries.popLast() else { return nil }
        changes?.note(String(entry.number), nil)
        return (entry.at, entry.work)
    }
}

extension Agenda: Persistent {
    init(stored values: [Stored<Entry>]) {
        self.init()
        entries = values.map(\.value).sorted { ($0.at, $0.number) > ($1.at, $1.number) }
        entered = values.last?.place ?? 0
    }
}
