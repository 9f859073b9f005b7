import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Stripe
import Synchronization
import TestKit

/// Posts events at webhook as Stripe does: signed, several at a time, each again until it is answered 200.
final class StripePosts: Sendable {
    private struct State {
        var accepted: [String: [UInt8]] = [:]
        var refusals = 0
        var slowest = Duration.zero
        var times: [Duration] = []
    }

    private let url: String
    private let state = Mutex(State())
    private let secret = WebhookSecret(nonEmpty: "whsec_sandbox")

    init(url: String) {
        self.url = url
    }

    /// The bodies that were answered 200, by the ids of their events.
    var accepted: [String: [UInt8]] { state.withLock(\.accepted) }
    /// How often an event was not taken: refused, or the connection broke.
    var refusals: Int { state.withLock(\.refusals) }

    /// The time that 99 of 100 answers took at most.
    var p99: Duration {
        let sorted = state.withLock { $0.times.sorted() }
        return sorted.isEmpty ? .zero : sorted[min(sorted.count - 1, sorted.count * 99 / 100)]
    }

    /// Posts `count` events by `senders` at a time; returns when all are accepted. Throws when one is not within `limit`.
    func post(_ count: Int, named prefix: String, senders: Int = 8, type: String = "invoice.paid", within limit: Duration = .seconds(60))
        async throws
    {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for sender in 0..<senders {
                group.addTask {
                    for number in stride(from: sender, to: count, by: senders) {
                        try await self.deliver("evt_\(prefix)_\(number)", type: type, within: limit)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Posts `count` events, and meanwhile disturbs, that many times, each after a number of further ones has been accepted. The last
    /// hundred are left in peace.
    func post(
        _ count: Int, named prefix: String, disturbed rounds: Int, afterFurther gap: ClosedRange<Int>,
        _ disturb: (_ round: Int) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.post(count, named: prefix) }
            for round in 1...rounds {
                let next = min(accepted.count + Int.random(in: gap), count - 100)
                try await eventually("round \(round)") { accepted.count >= next }
                try await disturb(round)
            }
            try await group.waitForAll()
        }
    }

    private func deliver(_ id: String, type: String, within limit: Duration) async throws {
        let body = Array(
            (#"{"id":"\#(id)","object":"event","api_version":"2026-05-27.dahlia","created":1767261600,"livemode":false,"#
                + #""type":"\#(type)","data":{"object":{"id":"in_\#(id)","object":"invoice"}}}"#).utf8)
        try await eventually("\(id) is accepted", within: limit) {
            let began = ContinuousClock.now
            guard try await self.attempt(body) else {
                self.state.withLock { $0.refusals += 1 }
                return false
            }
            let taken = ContinuousClock.now - began
            self.state.withLock {
                $0.accepted[id] = body
                $0.times.append(taken)
            }
            return true
        }
    }

    private func attempt(_ body: [UInt8]) async throws -> Bool {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        guard let secret else { return false }
        request.headers.add(name: "Stripe-Signature", value: WebhookSignature.sign(body: body, secret: secret, at: Date()))
        request.body = .bytes(ByteBuffer(bytes: body))
        do {
            let answer = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
            _ = try await answer.body.collect(upTo: 1 << 20)
            return answer.status == .ok
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            return false
        }
    }
}
