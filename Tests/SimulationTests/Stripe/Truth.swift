/// What the design's table "Access policy" says of the books as they really are: whether the VM of their user is to run. Written from the table
/// and without a line of the policy.
enum Truth: Sendable, Equatable {
    case on
    case off
    /// Nothing says on and nothing says off: whoever is on stays on, and nobody is started.
    case neither

    static let maximumAttempts = 4
    static let grace = 3 * Day.seconds
    static let longestFlight = 21 * Day.seconds

    /// Of all subscriptions together: on if any says on. Failures count as so many seconds `late` as they may have been noticed.
    init(_ books: Books, at now: Int, late: Int = 0) {
        var books = books
        for invoice in books.invoices.indices { books.invoices[invoice].firstFailed? += late }
        let answers = books.subscriptions.indices.map { Self.of($0, books, at: now) }
        self = answers.contains(.on) ? .on : answers.contains(.off) ? .off : .neither
    }

    private static func of(_ index: Int, _ books: Books, at now: Int) -> Truth {
        let subscription = books.subscriptions[index]
        guard subscription.price.isPlan else { return .neither }
        switch subscription.status {
        case .incomplete: return .neither
        case .incompleteExpired, .canceled, .unpaid: return .off
        case .trialing, .active: return subscription.pause?.behavior == "void" ? .off : .on
        case .pastDue:
            if subscription.pause?.behavior == "void" { return .off }
            return owed(index, books).allSatisfy { leavesTime($0, books, at: now) } ? .on : .off
        case .paused:
            let owed = owed(index, books)
            return !owed.isEmpty && owed.allSatisfy { leavesTime($0, books, at: now) } ? .on : .off
        }
    }

    /// The invoices that count: billed for the subscription, and open or written off after an attempt; what was written off before a later period
    /// that was paid for does not.
    private static func owed(_ index: Int, _ books: Books) -> [Books.Invoice] {
        let billed = books.invoices.filter { $0.subscription == index && $0.reason != "manual" }
        let paidUntil = billed.filter { $0.status == .paid && $0.amount > 0 }.map(\.serviceEnd).max() ?? .min
        return billed.filter {
            $0.status == .open || ($0.status == .uncollectible && $0.attempts > 0 && !$0.isMailed && $0.serviceEnd >= paidUntil)
        }
    }

    private static func leavesTime(_ invoice: Books.Invoice, _ books: Books, at now: Int) -> Bool {
        let charge = invoice.intent.flatMap { books.intents[$0].status == "processing" ? books.intents[$0].charge : nil }
        if let charge, now < books.charges[charge].created + longestFlight { return true }
        if let due = invoice.due { return now < due + grace }
        if invoice.attempts >= maximumAttempts { return false }
        if invoice.nextAttempt != nil, invoice.status == .open { return true }
        return now < (invoice.firstFailed ?? charge.map { books.charges[$0].created } ?? now) + grace
    }

    /// When what it says may change though nothing happens at Stripe: the ends of grace and of flights.
    static func turns(_ books: Books) -> [Int] {
        let graces = books.invoices.compactMap { ($0.due ?? $0.firstFailed).map { $0 + grace } }
        return graces + books.charges.filter { $0.status == "pending" }.flatMap { [$0.created + longestFlight, $0.created + grace] }
    }
}

/// The length of a day and an hour, in seconds.
enum Day {
    static let seconds = 86_400
    static let hour = 3600
}
