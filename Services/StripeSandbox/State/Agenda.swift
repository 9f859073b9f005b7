/// What will fall due, in the order of its time, then of its entry.
struct Agenda: Sendable {
    /// Something to be done at a time. It checks itself whether it still applies.
    enum Work: Sendable, Equatable {
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
        case disputeCharge(String, Complaint)
        case decideDispute(String, Dispute.Verdict)
        case endDispute(String)
        case moveRefund(String, Refund.Status, String?)
    }

    private struct Entry: Sendable {
        let at: Int
        let number: Int
        let work: Work
    }

    /// Latest first, so that the next is taken from the end.
    private var entries: [Entry] = []
    private var entered = 0

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
    }

    /// When the next entry falls due, whether it still applies or not.
    var next: Int? { entries.last?.at }

    /// Takes the next entry out.
    mutating func pop() -> (at: Int, work: Work)? { entries.popLast().map { ($0.at, $0.work) } }
}
