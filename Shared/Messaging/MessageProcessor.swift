import Logging
import Metrics
import Postgres
import ServiceContextModule
import ServiceLifecycle

/// Applies messages: many in one transaction, and those by themselves that cannot be done there.
struct MessageProcessor: Sendable {
    let inbox: Inbox
    let dispatch: Dispatch
    let outbox: Outbox
    let retryPolicy: RetryPolicy
    let alerts: Alerts
    /// How long a delivery waits for what its messages need from outside.
    var patience = Duration.seconds(5)
    let logger: Logger

    /// A message and what its handler has brought for it.
    fileprivate struct Ready {
        let message: Incoming
        /// Nil where what was brought has been overtaken.
        var prepared: Dispatch.Prepared?
    }

    /// How often messages are applied together, each time without those that could not be done.
    private static let tries = 4
    /// How many tries of a message may not end: the next is not made.
    private static let unended = 3
    /// How often a message may find that its preparation was overtaken before it is put off.
    private static let preparations = 5

    /// Applies what has been delivered. Returns when every message is in the inbox, done or kept; throws when that cannot be achieved
    /// (the database is away), and the broker will deliver again.
    func process(_ messages: [Incoming]) async throws {
        // Whoever asks nobody finds out when the messages are recorded as done.
        let asked = messages.map(\.header).filter { dispatch.prepares($0.type) }
        var seen = asked.isEmpty ? [] : try await inbox.known(asked, in: outbox.pool)
        let fresh = messages.filter { seen.insert($0.header.id).inserted }
        countDuplicates(messages.count - fresh.count)
        for wave in waves(fresh) { try await apply(wave) }
    }

    /// Messages that are about one thing one after another, where something is prepared for them: what the second needs is prepared when the first
    /// has been applied.
    private func waves(_ messages: [Incoming]) -> [[Incoming]] {
        var waves: [[Incoming]] = []
        var count: [String: Int] = [:]
        for message in messages {
            var wave = 0
            if let subject = message.header.subject, dispatch.prepares(message.header.type) {
                wave = count[subject, default: 0]
                count[subject] = wave + 1
            }
            if wave == waves.count { waves.append([]) }
            waves[wave].append(message)
        }
        return waves
    }

    private func apply(_ messages: [Incoming]) async throws {
        var ready: [Ready] = []
        var failed: [(message: Incoming, error: any Error)] = []
        let preparations = Preparations(patience: patience, asks: dispatch.prepares, prepare: prepare)
        for (message, preparation) in try await preparations.bring(for: messages) {
            switch preparation {
            case .success(let prepared): ready.append(Ready(message: message, prepared: prepared))
            case .failure(let error): failed.append((message, error))
            }
        }
        for one in await applyTogether(ready.inOrder) { try await applyAlone(one) }
        for (message, error) in failed { try await settle(message, as: outcome(of: error)) }
    }

    /// All in one transaction; returns those that were left out, which are to be tried alone. A message that cannot be done is left out and the
    /// others are applied again without it; where it is not known which one it was, and after so many of them, all are left out.
    private func applyTogether(_ messages: [Ready]) async -> [Ready] {
        var together = messages
        var leftOut: [Ready] = []
        for _ in 0..<Self.tries where together.count > 1 {
            let culprits: [String: Outcome?]
            do {
                try await applyOnce(together)
                count("done", together.count)
                return leftOut
            } catch let undone as Undone {
                culprits = undone.outcomes
            } catch let failure as Failure {
                culprits = [failure.id: nil]
            } catch {
                logger.debug("a batch will be applied one by one", metadata: ["size": "\(together.count)", "error": "\(error)"])
                break
            }
            for var one in together {
                guard let outcome = culprits[one.message.header.id] else { continue }
                if outcome == .prepareAgain { one.prepared = nil }
                leftOut.append(one)
            }
            together.removeAll { culprits.keys.contains($0.message.header.id) }
        }
        return together + leftOut
    }

    private func applyOnce(_ messages: [Ready]) async throws {
        try await outbox.transaction { work in
            try await work.lock(messages.flatMap { $0.prepared?.names ?? [] })
            let fresh = try await inbox.recordDone(messages.map(\.message.header), in: work)
            try await applyAll(messages.filter { fresh.contains($0.message.header.id) }, in: work)
            work.afterCommit { countDuplicates(messages.count - fresh.count) }
        }
    }

    private func countDuplicates(_ number: Int) {
        if number > 0 { Counter(label: "inbox_duplicates_total", dimensions: [("queue", inbox.queue)]).increment(by: number) }
    }

    /// First those that are applied each by itself, then the others, kind by kind in the order of their handlers: so two replicas come to the
    /// rows that both of them change in the same order.
    private func applyAll(_ messages: [Ready], in work: UnitOfWork) async throws {
        var joined: [Int: (acting: Acting, messages: [Dispatch.Joining])] = [:]
        for one in messages {
            guard let prepared = one.prepared else { continue }
            if let joining = prepared.joining {
                joined[joining.kind, default: (acting(for: one.message), [])].messages.append(joining)
                continue
            }
            let id = one.message.header.id
            let outcome: Outcome
            do {
                outcome = try await within(one.message) { try await prepared.apply(work) }
            } catch let error as PostgresError where error.isRetriable {
                throw error
            } catch {
                throw Failure(id: id, error: error)
            }
            guard outcome == .done else { throw Undone([id: outcome]) }
        }
        for (_, kind) in joined.sorted(by: { $0.key < $1.key }) {
            try await kind.acting.perform { try await dispatch.apply(kind.messages, in: work) }
        }
    }

    private func prepare(_ message: Incoming) async throws -> Dispatch.Prepared {
        if let reason = message.unreadable { throw UnprocessableMessage(reason) }
        return try await within(message) { try await dispatch.prepare(message) }
    }

    /// One message in its own transaction; kept in the inbox when it fails.
    private func applyAlone(_ one: Ready) async throws {
        let outcome = try await attempt(one.message, prepared: one.prepared) { work in
            try await inbox.recordDone([one.message.header], in: work).isEmpty == false
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

    /// Takes messages from the broker that were delivered before: perhaps one of them has ended the process that had them.
    func takeAside(_ messages: [Incoming]) async throws {
        try await inbox.takeAside(messages, in: outbox.pool)
    }

    /// Takes up messages that are due again; how many there were.
    func retryDue(limit: Int) async throws -> Int {
        let due = try await inbox.claimDue(limit: limit, in: outbox.pool)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for row in due { group.addTask { try await retryAlone(row) } }
            try await group.waitForAll()
        }
        return due.count
    }

    /// What cannot be noted of one message ends nobody else's try. Throws only when cancelled.
    private func retryAlone(_ row: Inbox.Due) async throws {
        do {
            try await retry(row)
        } catch {
            try Task.checkCancellation()
            log(.warning, "what became of a message cannot be noted yet", row.incoming, "\(error)")
            try await noteEnd(of: row, because: "\(error)")
        }
    }

    /// Notes that a try did end, once the database is back: else it would count as one that the process died with.
    private func noteEnd(of row: Inbox.Due, because reason: String) async throws {
        for pause in 1...10 where !Task.isShuttingDownGracefully {
            await cancelWhenGracefulShutdown { try? await Task.sleep(for: .seconds(pause)) }
            try Task.checkCancellation()
            if (try? await putOff(row, after: nil, because: reason)) != nil { return }
        }
    }

    private func retry(_ row: Inbox.Due) async throws {
        try await whileRenewing(every: Inbox.lease / 3) {
            // What cannot be renewed now may be the next time.
            try? await inbox.renew(row.incoming.header.id, in: outbox.pool)
        } work: {
            try await retryOnce(row)
        }
    }

    private func retryOnce(_ row: Inbox.Due) async throws {
        let message = row.incoming
        guard row.unended < Self.unended else {
            return try await giveUp(message, because: "\(row.unended) tries of it did not end: the process died with each")
        }
        let outcome = try await attempt(message) { work in try await inbox.finishRetry(message.header, in: work) }
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
                            try await work.lock(prepared.names)
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
                ParkedMessages.alert, about: message.header.id, "A message of type \(message.header.type) could not be handled.", in: work)
            return true
        }
    }

    /// Runs `body` inside the message's trace, so that logs and follow-up messages belong to it.
    private func within<T>(_ message: Incoming, _ body: () async throws -> T) async rethrows -> T {
        var context = ServiceContext.current ?? .topLevel
        context.trace = message.header.traceparent.flatMap(TraceContext.init(traceparent:)) ?? .generate()
        context.messageID = message.header.id
        context.acting = acting(for: message)
        return try await ServiceContext.withValue(context) { try await body() }
    }

    private func acting(for message: Incoming) -> Acting {
        message.header.type.hasPrefix("stripe.") ? Acting(.stripe, "stripe", by: inbox.queue) : .worker(inbox.queue)
    }

    private func count(_ outcome: String, _ number: Int) {
        Counter(label: "inbox_messages_total", dimensions: [("queue", inbox.queue), ("outcome", outcome)]).increment(by: number)
    }

    private func log(_ level: Logger.Level, _ text: Logger.Message, _ message: Incoming, _ reason: String) {
        logger.log(
            level: level, text, metadata: ["message_id": "\(message.header.id)", "type": "\(message.header.type)", "error": "\(reason)"])
    }

    /// What applying one message of several has thrown.
    private struct Failure: Error {
        let id: String
        let error: any Error
    }

    /// Undoes the transaction of a message whose handler did not call it done.
    private struct NotDone: Error, CustomStringConvertible {
        let outcome: Outcome
        var description: String { "\(outcome)" }
    }
}

extension Array where Element == MessageProcessor.Ready {
    /// By what each locks first, the others as they came.
    fileprivate var inOrder: [Element] {
        enumerated().sorted { one, other in
            switch (one.element.prepared?.lock, other.element.prepared?.lock) {
            case (let first?, let second?): (first, one.offset) < (second, other.offset)
            case (.some, nil): true
            case (nil, .some): false
            case (nil, nil): one.offset < other.offset
            }
        }.map(\.element)
    }
}
