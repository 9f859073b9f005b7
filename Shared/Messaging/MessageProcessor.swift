import Logging
import Metrics
import Postgres
import ServiceContextModule

/// Applies messages: first as a batch in one transaction, then, if that fails, each by itself.
struct MessageProcessor: Sendable {
    let inbox: Inbox
    let dispatch: Dispatch
    let outbox: Outbox
    let retryPolicy: RetryPolicy
    let alerts: Alerts
    let logger: Logger

    private static let parked = Alert("message_parked", remedy: "See why under parked messages; put it back once the reason has gone.")

    /// A message and what its handler has brought for it.
    private struct Ready {
        let message: Incoming
        let prepared: Dispatch.Prepared
    }

    /// How often a message may find that its preparation was overtaken before it is put off.
    private static let preparations = 5

    /// Applies what has been delivered. Returns when every message is in the inbox, done or kept; throws when that cannot be achieved
    /// (the database is away), and the broker will deliver again.
    func process(_ messages: [Incoming]) async throws {
        let unique = Dictionary(messages.map { ($0.header.id, $0) }, uniquingKeysWith: { first, _ in first })
        let known = try await inbox.known(Array(unique.keys), in: outbox.pool)
        let fresh = messages.reduce(into: (seen: known, list: [Incoming]())) { result, message in
            if result.seen.insert(message.header.id).inserted { result.list.append(message) }
        }.list
        Counter(label: "inbox_duplicates_total", dimensions: [("queue", inbox.queue)]).increment(by: messages.count - fresh.count)
        var ready: [Ready] = []
        var failed: [(message: Incoming, error: any Error)] = []
        for (message, preparation) in try await prepareAll(fresh) {
            switch preparation {
            case .success(let prepared): ready.append(Ready(message: message, prepared: prepared))
            case .failure(let error): failed.append((message, error))
            }
        }
        if await !applyTogether(ready) {
            for one in ready { try await applyAlone(one) }
        }
        for (message, error) in failed { try await settle(message, as: outcome(of: error)) }
    }

    /// All in one transaction; false when anything at all stands in the way, and nothing has happened then.
    private func applyTogether(_ messages: [Ready]) async -> Bool {
        guard messages.count > 1 else { return messages.isEmpty }
        do {
            try await outbox.transaction { work in
                let fresh = try await inbox.recordDone(messages.map(\.message.header.id), in: work)
                try await applyAll(messages.filter { fresh.contains($0.message.header.id) }, in: work)
            }
            count("done", messages.count)
            return true
        } catch {
            logger.debug("a batch will be applied one by one", metadata: ["size": "\(messages.count)", "error": "\(error)"])
            return false
        }
    }

    /// First those that are applied each by itself, then the others, kind by kind in the order of their handlers: so two replicas come to the
    /// rows that both of them change in the same order.
    private func applyAll(_ messages: [Ready], in work: UnitOfWork) async throws {
        var joined: [Int: [Ready]] = [:]
        for one in messages {
            if let joining = one.prepared.joining {
                joined[joining.kind, default: []].append(one)
                continue
            }
            let outcome = try await within(one.message) { try await one.prepared.apply(work) }
            guard outcome == .done else { throw NotDone(outcome: outcome) }
        }
        for (_, kind) in joined.sorted(by: { $0.key < $1.key }) {
            try await Acting.worker(inbox.queue).perform { try await dispatch.apply(kind.compactMap(\.prepared.joining), in: work) }
        }
    }

    /// Prepares messages side by side, at most eight at a time: some of them ask Stripe. Those that fail keep none of the others back.
    /// Throws only when cancelled.
    private func prepareAll(_ messages: [Incoming]) async throws -> [(Incoming, Result<Dispatch.Prepared, any Error>)] {
        try await withThrowingTaskGroup(of: (Int, Result<Dispatch.Prepared, any Error>).self) { group in
            var results = [Result<Dispatch.Prepared, any Error>?](repeating: nil, count: messages.count)
            for (index, message) in messages.enumerated() {
                if index >= 8, let (done, result) = try await group.next() { results[done] = result }
                group.addTask {
                    do {
                        return (index, .success(try await prepare(message)))
                    } catch {
                        try Task.checkCancellation()
                        return (index, .failure(error))
                    }
                }
            }
            for try await (done, result) in group { results[done] = result }
            return zip(messages, results).compactMap { message, result in result.map { (message, $0) } }
        }
    }

    private func prepare(_ message: Incoming) async throws -> Dispatch.Prepared {
        if let reason = message.unreadable { throw UnprocessableMessage(reason) }
        return try await within(message) { try await dispatch.prepare(message) }
    }

    /// One message in its own transaction; kept in the inbox when it fails.
    private func applyAlone(_ one: Ready) async throws {
        let outcome = try await attempt(one.message, prepared: one.prepared) { work in
            try await inbox.recordDone([one.message.header.id], in: work).isEmpty == false
        }
        try await settle(one.message, as: outcome)
    }

    /// Notes what became of a message that was delivered.
    private func settle(_ message: Incoming, as outcome: Outcome) async throws {
        switch outcome {
        case .done: count("done", 1)
        case .retry(let delay, let reason):
            try await keep(message, after: delay ?? retryPolicy.delay(afterAttempts: 1), because: reason)
        case .reject(let reason):
            try await park(message, because: reason) { work in try await inbox.park(message, because: reason, in: work) }
        case .prepareAgain: try await keep(message, after: .milliseconds(200), because: "overtaken again and again")
        }
    }

    private func outcome(of error: any Error) -> Outcome {
        isHopeless(error) ? .reject(because: "\(error)") : .retry(because: "\(error)")
    }

    /// Whether the database or this program can never take what it was given.
    private func isHopeless(_ error: any Error) -> Bool {
        switch error {
        case is UnprocessableMessage: true
        case let error as PostgresError: error.code == .invalidValue || error.code == .invalidQuery
        default: false
        }
    }

    /// Takes up messages that are due again; how many there were.
    func retryDue(limit: Int) async throws -> Int {
        let due = try await inbox.claimDue(limit: limit, in: outbox.pool)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for row in due { group.addTask { try await retry(row) } }
            try await group.waitForAll()
        }
        return due.count
    }

    private func retry(_ row: Inbox.Due) async throws {
        let message = row.incoming
        let outcome = try await attempt(message) { work in try await inbox.finishRetry(message.header.id, in: work) }
        switch outcome {
        case .done: count("done", 1)
        case .retry(let delay, let reason): try await putOff(row, after: delay, because: reason)
        case .reject(let reason): try await giveUp(message, because: reason)
        case .prepareAgain: try await putOff(row, after: .milliseconds(200), because: "overtaken again and again")
        }
    }

    /// Prepares (unless it is prepared) and applies one message. `claim` records it as done in the same transaction and says whether it
    /// was open. Throws only when cancelled.
    private func attempt(
        _ message: Incoming, prepared: Dispatch.Prepared? = nil, claim: @escaping @Sendable (UnitOfWork) async throws -> Bool
    ) async throws -> Outcome {
        do {
            return try await within(message) {
                for number in 0..<Self.preparations {
                    let prepared = if number == 0, let prepared { prepared } else { try await prepare(message) }
                    do {
                        try await outbox.transaction { work in
                            guard try await claim(work) else { return }
                            let outcome = try await prepared.apply(work)
                            guard outcome == .done else { throw NotDone(outcome: outcome) }
                        }
                        return .done
                    } catch let undone as NotDone where undone.outcome != .prepareAgain {
                        return undone.outcome
                    } catch is NotDone {
                        continue
                    }
                }
                return .prepareAgain
            }
        } catch {
            try Task.checkCancellation()
            return outcome(of: error)
        }
    }

    private func keep(_ message: Incoming, after delay: Duration, because reason: String) async throws {
        try await outbox.transaction { work in try await inbox.keep(message, retryAfter: delay, because: reason, in: work) }
        count("retry", 1)
        log(.warning, "a message failed and will be tried again", message, reason)
    }

    private func putOff(_ row: Inbox.Due, after delay: Duration?, because reason: String) async throws {
        guard row.attempts < retryPolicy.maximumAttempts else { return try await giveUp(row.incoming, because: reason) }
        let delay = delay ?? retryPolicy.delay(afterAttempts: row.attempts)
        try await outbox.transaction { work in
            try await inbox.putOff(row.incoming.header.id, by: delay, because: reason, in: work)
        }
        count("retry", 1)
        log(.warning, "a message failed again", row.incoming, reason)
    }

    private func giveUp(_ message: Incoming, because reason: String) async throws {
        try await park(message, because: reason) { work in try await inbox.giveUp(message.header.id, because: reason, in: work) }
    }

    /// Parks a message by `close`, which says whether it was still open; its handler and the operator hear of it in the same transaction.
    /// What the handler would say of it may be as impossible to store as the message itself: then the operator alone hears of it.
    private func park(
        _ message: Incoming, because reason: String, close: @escaping @Sendable (UnitOfWork) async throws -> Bool
    ) async throws {
        let isNew: Bool
        do {
            isNew = try await park(message, closing: close) { work in try await dispatch.parked(message, because: reason, in: work) }
        } catch {
            guard isHopeless(error) else { throw error }
            log(.error, "the handler of a parked message cannot tell of it", message, "\(error)")
            isNew = try await park(message, closing: close) { _ in }
        }
        guard isNew else { return }
        count("parked", 1)
        log(.error, "a message is parked", message, reason)
    }

    private func park(
        _ message: Incoming, closing close: @escaping @Sendable (UnitOfWork) async throws -> Bool,
        telling tell: @escaping @Sendable (UnitOfWork) async throws -> Void
    ) async throws -> Bool {
        try await outbox.transaction { work in
            guard try await close(work) else { return false }
            try await tell(work)
            try await alerts.raise(
                Self.parked, about: message.header.id, "A message of type \(message.header.type) could not be handled.", in: work)
            return true
        }
    }

    /// Runs `body` inside the message's trace, so that logs and follow-up messages belong to it.
    private func within<T>(_ message: Incoming, _ body: () async throws -> T) async rethrows -> T {
        var context = ServiceContext.current ?? .topLevel
        context.trace = message.header.traceparent.flatMap(TraceContext.init(traceparent:)) ?? .generate()
        context.messageID = message.header.id
        context.acting =
            message.header.type.hasPrefix("stripe.")
            ? Acting(.stripe, "stripe", by: inbox.queue) : .worker(inbox.queue)
        return try await ServiceContext.withValue(context) { try await body() }
    }

    private func count(_ outcome: String, _ number: Int) {
        Counter(label: "inbox_messages_total", dimensions: [("queue", inbox.queue), ("outcome", outcome)]).increment(by: number)
    }

    private func log(_ level: Logger.Level, _ text: Logger.Message, _ message: Incoming, _ reason: String) {
        logger.log(
            level: level, text, metadata: ["message_id": "\(message.header.id)", "type": "\(message.header.type)", "error": "\(reason)"])
    }

    /// Undoes the transaction of a message whose handler did not call it done.
    private struct NotDone: Error, CustomStringConvertible {
        let outcome: Outcome
        var description: String { "\(outcome)" }
    }
}
