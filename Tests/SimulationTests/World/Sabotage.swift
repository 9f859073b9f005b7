/// How the system is broken on purpose, each way by what reaches it or by what its tables do, so that the program under test stays what it is.
enum Sabotage: String, Sendable, CaseIterable {
    /// What the newest event that was delivered says is taken for what Stripe says.
    case decideFromPayload
    /// The first read that says off is taken for the second.
    case skipSecondRead
    /// Stripe's 404 is taken for the end of the subscription.
    case takeMissingForCanceled
    /// The generation of a command stays what it was.
    case forgetGeneration
    /// Of several subscriptions only the newest is looked at.
    case ignoreOtherSubscription
    /// The latest invoice is judged, though it is a draft.
    case judgeLatestDraft
    /// Whatever is sold runs a VM.
    case countOtherProduct
    /// Nobody is looked at but when an event comes.
    case neverLookWithoutEvent
    /// A first read is never too old for the second.
    case keepHoldForEver
    /// Grace begins anew with each failure.
    case renewGrace
    /// Of events of one second the one that comes last is taken for the newest.
    case takeEqualForNewer
    /// Each try at Stripe is under a key of its own.
    case forgetKey
    /// Money on its way is taken for money that is not coming.
    case ignoreFlight

    /// Whether it takes checkout and refund to be seen.
    var isAboutMoney: Bool { self == .takeEqualForNewer || self == .forgetKey }

    /// The first world of seed 7 in which it was seen; those before are lived in vain.
    var seenIn: Int {
        switch self {
        case .decideFromPayload, .judgeLatestDraft, .renewGrace, .ignoreFlight: 1
        case .takeEqualForNewer: 4
        case .keepHoldForEver: 6
        case .takeMissingForCanceled: 8
        case .forgetKey: 40
        default: 0
        }
    }

    /// The books as the broken program would take them to be; nil for as they are.
    func books(of life: Life, at time: Int64, isMissing: Bool) -> Books? {
        var books = life.books(at: time)
        switch self {
        case .decideFromPayload: books = life.heard ?? books
        case .ignoreOtherSubscription:
            guard let newest = books.subscriptions.indices.last(where: { books.subscriptions[$0].price.isPlan }) else { return nil }
            for index in books.subscriptions.indices where index != newest {
                books.subscriptions[index].status = .canceled
                books.subscriptions[index].endedAt = books.subscriptions[index].endedAt ?? books.subscriptions[index].created
            }
        case .judgeLatestDraft:
            for index in books.subscriptions.indices {
                guard let latest = books.subscriptions[index].latestInvoice else { continue }
                if books.invoices[latest].status == .draft { books.invoices[latest].status = .open }
                for invoice in books.invoices.indices where invoice != latest && books.invoices[invoice].subscription == index {
                    books.invoices[invoice].status = .void
                }
            }
        case .takeMissingForCanceled where isMissing:
            for index in books.subscriptions.indices { books.subscriptions[index].status = .canceled }
        case .ignoreFlight:
            for index in books.intents.indices where books.intents[index].status == "processing" {
                books.intents[index].status = "requires_payment_method"
            }
        default: return nil
        }
        return books
    }
}
