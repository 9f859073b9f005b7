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
    let logger: Logger

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
        guard !fresh.isEmpty else { return }
        if fresh.count > 1, await processTogether(fresh) { return }
        for message in fresh { try await processAlone(message) }
    }

    /// All in one transaction; false when anything at all stands in the way, and nothing has happened then.
    private func processTogether(_ messages: [Incoming]) async -> Bool {
        guard messages.allSatisfy({ $0.unreadable == nil && dispatch.handles($0.header.type) }) else { return false }
        do {
            let prepared = try await prepareAll(messages)
            try await outbox.transaction { work in
                let fresh = try await inbox.recordDone(messages.map(\.header.id), in: work)
                for (message, prepared) in zip(messages, prepared) where fresh.contains(message.header.id) {
                    let outcome = try await within(message) { try await prepared.apply(work) }
                    guard outcome == .done else { throw NotDone(outcome: outcome) }
                }
            }
            count("done", messages.count)
            return true
        } catch {
            logger.debug("a batch will be applied one by one", metadata: ["size": "\(messages.count)", "error": "\(error)"])
            return false
        }
    }

    /// Prepares messages side by side, at most eight at a time: some of them ask Stripe.
    private func prepareAll(_ messages: [Incoming]) async throws -> [Dispatch.Prepared] {
        try await withThrowingTaskGroup(of: (Int, Dispatch.Prepared).self) { group in
            var prepared = [Dispatch.Prepared?](repeating: nil, count: messages.count)
            for (index, message) in messages.enumerated() {
                if index >= 8, let (done, result) = try await group.next() { prepared[done] = result }
                group.addTask { (index, try await within(message) { try await dispatch.prepare(message) }) }
            }
            for try await (done, result) in group { prepared[done] = result }
            return prepared.compactMap { $0 }
        }
    }

    /// One message in its own transaction; kept in the inbox when it fails.
    private func processAlone(_ message: Incoming) async throws {
        if let reason = message.unreadable { return try await park(message, because: reason) }
        do {
            let outcome = try await attempt(message) { work in try await inbox.recordDone([message.header.id], in: work).isEmpty == false }
            switch outcome {
            case .done: count("done", 1)
            case .retry(let delay, let reason):
                try await keep(message, after: delay ?? retryPolicy.delay(afterAttempts: 1), because: reason)
            case .reject(let reason): try await park(message, because: reason)
            case .prepareAgain: try await keep(message, after: .milliseconds(200), because: "overtaken again and again")
            }
        } catch let error as CancellationError {
            throw error
        } catch let error as UnknownMessage {
            try await park(message, because: error.description)
        } catch {
            try await keep(message, after: retryPolicy.delay(afterAttempts: 1), because: "\(error)", error: error)
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
        do {
            let outcome = try await attempt(message) { work in try await inbox.finishRetry(message.header.id, in: work) }
            switch outcome {
            case .done: count("done", 1)
            case .retry(let delay, let reason): try await putOff(row, after: delay, because: reason)
            case .reject(let reason): try await giveUp(message, because: reason)
            case .prepareAgain: try await putOff(row, after: .milliseconds(200), because: "overtaken again and again")
            }
        } catch let error as CancellationError {
            throw error
        } catch {
            try await putOff(row, after: nil, because: "\(error)")
        }
    }

    /// Prepares and applies one message. `claim` records it as done in the same transaction and says whether it was open.
    private func attempt(_ message: Incoming, claim: @escaping @Sendable (UnitOfWork) async throws -> Bool) async throws -> Outcome {
        try await within(message) {
            for _ in 0..<Self.preparations {
                let prepared = try await dispatch.prepare(message)
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
    }

    private func keep(_ message: Incoming, after delay: Duration, because reason: String, error: (any Error)? = nil) async throws {
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
        try await outbox.transaction { work in
            guard try await inbox.giveUp(message.header.id, because: reason, in: work) else { return }
            try await dispatch.parked(message, because: reason, in: work)
        }
        count("parked", 1)
        log(.error, "a message is parked", message, reason)
    }

    private func park(_ message: Incoming, because reason: String) async throws {
        try await outbox.transaction { work in
            guard try await inbox.park(message, because: reason, in: work) else { return }
            try await dispatch.parked(message, because: reason, in: work)
        }
        count("parked", 1)
        log(.error, "a message is parked", message, reason)
    }

    /// Runs `body` inside the message's trace, so that logs and follow-up messages belong to it.
    private func within<T>(_ message: Incoming, _ body: () async throws -> T) async rethrows -> T {
        var context = ServiceContext.current ?? .topLevel
        context.trace = message.header.traceparent.flatMap(TraceContext.init(traceparent:)) ?? .generate()
        context.messageID = message.header.id
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
