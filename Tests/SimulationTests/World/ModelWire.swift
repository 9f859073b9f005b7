import Foundation
import HTTPTestKit
import NIOHTTP1

@testable import Stripe

/// The way from one replica to the model of Stripe, with everything that can go wrong on it.
struct ModelWire: StripeWire {
    let world: World
    let replica: Int

    /// The world's time as a clock that nobody can set: so much later than when this program began.
    private static let origin = ContinuousClock.now

    var instant: ContinuousClock.Instant {
        Self.origin + .microseconds(world.now - Int64(World.beginning) * 1_000_000)
    }
    var date: Date { Date(timeIntervalSince1970: Double(world.now) / 1e6) }
    var chance: Double {
        world.with { state in
            state.requests += 1
            return state.faults.uniform("chance \(state.requests)")
        }
    }

    func pause(_ time: Duration) async throws { try await world.wait(until: world.now + time.microseconds) }

    func close() async {}

    func send(_ request: StripeRequest, within limit: Duration) async throws -> ReceivedAnswer {
        try Job.current?.live()
        let question = Question(request)
        let (fault, occasion) = world.with { $0.fault(on: question) }
        let pass = Int64(20_000 + 180_000 * world.with { $0.faults.uniform("pass \(occasion)") })
        if let fault { world.tell("  \(question) is struck by: \(fault.rawValue)") }
        if let refusal = try await refusal(by: fault, question, occasion, pass, limit) { return refusal }
        let answer =
            question.isOrder
            ? ReceivedAnswer(world.carryOut(question), at: world.now) : world.with { $0.answer(question, fault: fault, occasion) }
        // A process that is stopped finds the answer waiting when it goes on, however long that is.
        try await world.wait(until: world.now + (fault == .freeze ? 45_000_000 + pass * 3000 : pass / 2))
        return answer
    }

    /// What is answered instead of what is asked for; nil when the question has come through, if late.
    private func refusal(
        by fault: Faults.Kind?, _ question: Question, _ occasion: String, _ pass: Int64, _ limit: Duration
    ) async throws -> ReceivedAnswer? {
        let asked = world.now
        switch fault {
        case .serverError where question.isOrder:
            try await world.wait(until: asked + pass)
            let breakdown: Life.Breakdown = world.with { $0.faults.uniform("breaks \(occasion)") } < 0.5 ? .before : .after
            return ReceivedAnswer(world.carryOut(question, failing: breakdown), at: world.now)
        case .outage, .serverError:
            try await world.wait(until: asked + pass)
            return .error(500, "api_error", at: world.now)
        case .rateLimited:
            try await world.wait(until: asked + pass)
            return .error(429, "rate_limit", at: world.now)
        case .refused:
            try await world.wait(until: asked + pass)
            return .error(403, "invalid_request_error", at: world.now)
        case .missing:
            try await world.wait(until: asked + pass)
            let taken = world.with { $0.sabotage == .takeMissingForCanceled ? $0.answer(question, fault: fault, occasion) : nil }
            return taken ?? .error(404, "invalid_request_error", at: world.now)
        case .silent:
            if question.isOrder, isHalf("silent \(occasion)") { _ = world.carryOut(question) }
            try await world.wait(until: asked + limit.microseconds)
            throw StripeError(.timeout)
        case .hangUp:
            try await world.wait(until: asked + pass)
            if question.isOrder, isHalf("hung up \(occasion)") { _ = world.carryOut(question) }
            throw StripeError(.connection, message: "closed")
        case .slow: try await world.wait(until: asked + min(limit.microseconds - 1, 6_000_000 + pass * 10))
        case .crash:
            if question.isOrder, isHalf("crash \(occasion)") { _ = world.carryOut(question) }
            if let job = Job.current { world.kill(job) }
            throw CancellationError()
        default: try await world.wait(until: asked + pass / 2)
        }
        return nil
    }

    private func isHalf(_ occasion: String) -> Bool { world.with { $0.faults.uniform(occasion) } < 0.5 }
}

/// What is asked of Stripe.
struct Question: Sendable, CustomStringConvertible {
    let method: String
    let path: [String]
    /// What is asked for, or what an order says.
    let query: [String: String]
    /// The idempotency key of an order.
    let key: String?

    /// Whether something is to be done.
    var isOrder: Bool { method != "GET" }

    init(_ request: StripeRequest) {
        (method, key) = (request.method.rawValue, request.idempotencyKey)
        path = request.path.split(separator: "/").dropFirst().map { $0.removingPercentEncoding ?? String($0) }
        let pairs = request.form.encoded.split(separator: "&").map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
        query = Dictionary(pairs.map { ($0[0].removingPercentEncoding ?? $0[0], $0.count > 1 ? $0[1] : "") }) { first, _ in first }
    }

    /// Whose life it is about, by the ids in it: `sub_12_1` is of life 12.
    var life: Int? {
        if query["starting_after"] != nil, query["customer"] == nil, query["charge"] == nil, path.count == 1 { return nil }
        for id in path.dropFirst() + query.values where id.contains("_") {
            if let number = id.split(separator: "_").dropFirst().first.flatMap({ Int($0) }) { return number }
        }
        return nil
    }

    var description: String {
        method + " " + path.joined(separator: "/") + (query["customer"] ?? query["subscription"] ?? query["invoice"] ?? "").prefixed("?")
    }
}

extension World.State {
    /// What goes wrong with a request, and by which name it is known.
    fileprivate mutating func fault(on question: Question) -> (Faults.Kind?, String) {
        requests += 1
        let life = question.life ?? -1
        records[life]?.requests += 1
        let occasion = "life \(life) request \(records[life]?.requests ?? requests)"
        if let outage = faults.outage(at: now) {
            return (outage == .outage && faults.uniform("away \(occasion)") < 0.3 ? .silent : outage, occasion)
        }
        return (Faults.ofRequests.first { faults.strikes($0, occasion) }, occasion)
    }

    /// What is asked of nobody's life in particular.
    private mutating func account(_ question: Question, _ fault: Faults.Kind?) -> ReceivedAnswer {
        let all = lives.values.sorted { $0.number < $1.number }
        let time = fault == .stale ? now - 5_000_000 : now
        if fault == .stale { for number in lives.keys { keepFrom(number) } }
        let answer = hasMoney ? Answer.account(question.path, question.query, of: all, at: time) : nil
        return ReceivedAnswer(answer ?? .list([]), at: now)
    }

    fileprivate mutating func answer(_ question: Question, fault: Faults.Kind?, _ occasion: String) -> ReceivedAnswer {
        guard let number = question.life, let life = lives[number] else { return account(question, fault) }
        if fault == .stale { keepFrom(number) }
        let age = fault == .stale ? Int64(1_000_000 + 25_000_000 * faults.uniform("age \(occasion)")) : 0
        if let job = Job.current {
            records[number]?.open[ObjectIdentifier(job)]?.reads.append(Record.Read(served: now, asOf: now - age))
        }
        let books = sabotage?.books(of: life, at: now - age, isMissing: fault == .missing) ?? life.books(at: now - age)
        var answer = life.answer(question.path, question.query, from: books)
        switch fault {
        case .half: answer.body = String(answer.body.prefix(answer.body.count / 2))
        case .wrongMode: answer.body = answer.body.replacing(#""livemode":false"#, with: #""livemode":true"#)
        default: break
        }
        return ReceivedAnswer(answer, at: now)
    }
}

extension ReceivedAnswer {
    /// An answer as the wire brings it, dated in whole seconds.
    fileprivate init(_ answer: Answer, at time: Int64) {
        self.init(
            status: answer.status,
            headers: [
                "Date": httpDate(Date(timeIntervalSince1970: Double(time / 1_000_000))), "Request-Id": "req_1",
                "Content-Type": "application/json", "Idempotent-Replayed": answer.isReplay ? "true" : "false",
            ],
            body: Array(answer.body.utf8))
    }

    fileprivate static func error(_ status: Int, _ type: String, at time: Int64) -> ReceivedAnswer {
        ReceivedAnswer(Answer(status: status, body: #"{"error":{"type":"\#(type)","message":"it is not to be had"}}"#), at: time)
    }
}

extension Duration {
    /// Whole microseconds.
    var microseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
}

extension String {
    /// With something before it, unless it is empty.
    func prefixed(_ prefix: String) -> String { isEmpty ? "" : prefix + self }
}
