import Foundation
import Postgres
import TestKit
import Testing

@Suite("Anything at all at the door")
struct FuzzTests {
    /// `FUZZ_SECONDS`: how long; the checks give it a minute.
    private static let seconds = ProcessInfo.processInfo.environment["FUZZ_SECONDS"].flatMap(Double.init) ?? 5
    /// `FUZZ_SEED`: the run that a report names.
    private static let seed = ProcessInfo.processInfo.environment["FUZZ_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 1 ... .max)

    /// The bodies that were answered 200, and how many requests there were.
    private struct Tally: Sendable {
        var accepted: Set<[UInt8]> = []
        var requests = 0
        var refusals = 0
        var fault: String?
    }

    @Test("is answered 200 and stored, or refused and not stored, and never ends the process", .database, .broker)
    func fuzz() async throws {
        try await RunningWebhook.run { webhook in
            let port = webhook.ports[0]
            let tallies = try await withThrowingTaskGroup(of: Tally.self) { group in
                for worker in 0..<4 {
                    group.addTask { try await RawConnection.onThread { try Self.work(port, worker) } }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for tally in tallies { #expect(tally.fault == nil, "seed \(Self.seed)") }
            let rows = try await webhook.database.observer.query("SELECT raw_data FROM webhook.stripe_webhooks")
            let stored = Set(try rows.map { try $0.get("raw_data", as: [UInt8].self) })
            let accepted = tallies.reduce(into: Set<[UInt8]>()) { $0.formUnion($1.accepted) }
            #expect(stored == accepted, "seed \(Self.seed): \(stored.count) stored, \(accepted.count) accepted")
            #expect(!accepted.isEmpty && tallies.contains { $0.refusals > 0 }, "both happened")
            try await #expect(webhook.deliver(event("evt_after")) == 200)
        }
    }

    private static func work(_ port: Int, _ worker: Int) throws -> Tally {
        var random = Seeded(seed: seed &+ UInt64(worker) &* 0x9E37_79B9_7F4A_7C15)
        var tally = Tally()
        let end = Date().addingTimeInterval(seconds)
        var connection = try RawConnection(port: port)
        while Date() < end, tally.fault == nil {
            // As long and as random as Stripe's own, so that damage does not turn one into another.
            let request = try Sample("evt_\(worker)\(random.next())\(random.next())", &random)
            tally.requests += 1
            connection.send(request.bytes)
            // A broken request may wait for more that never comes.
            if request.mayBeIncomplete { connection.finishSending() }
            let (text, isClosed) = connection.read(seconds: 20) { $0.isWholeAnswer }
            switch text.statuses.first {
            case "200": tally.accepted.insert(request.body)
            case "400", "404", "405", "408", "411", "413", "414", "415", "417", "431", "501", "505": tally.refusals += 1
            case nil where isClosed && request.mayBeIncomplete: tally.refusals += 1
            default: tally.fault = "request \(tally.requests) of worker \(worker) was answered: \(text.prefix(200))"
            }
            let isLast = isClosed || text.lowercased().contains("connection: close")
            if isLast || request.mayBeIncomplete || !text.isWholeAnswer { connection = try RawConnection(port: port) }
        }
        return tally
    }

    /// One request, true or damaged somewhere.
    private struct Sample {
        var bytes: [UInt8]
        var body: [UInt8]
        var mayBeIncomplete = false

        init(_ id: String, _ random: inout Seeded) throws {
            body = event(id, type: ["thing.happened", "invoice.paid", "refund.created"].randomElement(using: &random)!)
            // Damage before the signature is a body that Stripe itself would have sent; after it, a forgery.
            if Bool.random(using: &random) { body = Self.damaged(body, times: Int.random(in: 1...3, using: &random), &random) }
            var signature = try RunningWebhook.signature(of: body)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: signature = String(decoding: Self.damaged(Array(signature.utf8), times: 1, &random), as: UTF8.self)
            case 1: body = Self.damaged(body, times: 1, &random)
            default: break
            }
            var head = Array(
                "POST /api/payment/webhook HTTP/1.1\r\nHost: door\r\nStripe-Signature: \(signature)\r\nContent-Length: \(body.count)\r\n\r\n"
                    .utf8)
            if Int.random(in: 0..<4, using: &random) == 0 {
                head = Self.damaged(head, times: Int.random(in: 1...4, using: &random), &random)
                mayBeIncomplete = true
            }
            bytes = head + body
        }

        private static func damaged(_ bytes: [UInt8], times: Int, _ random: inout Seeded) -> [UInt8] {
            var bytes = bytes
            for _ in 0..<times where !bytes.isEmpty {
                let place = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0..<6, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
                case 3: bytes.insert(contentsOf: bytes[place..<min(place + 20, bytes.count)], at: place)
                case 4: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                default: bytes[place] = Array("{}[]\",:\\ \r\n0-te".utf8).randomElement(using: &random)!
                }
            }
            return bytes
        }
    }
}

extension String {
    /// Whether it ends with a complete answer: a head with a length, and as many bytes behind it.
    fileprivate var isWholeAnswer: Bool {
        guard let end = range(of: "\r\n\r\n"), let match = self[..<end.lowerBound].firstMatch(of: /(?i)content-length: (\d+)/),
            let length = Int(match.1)
        else { return false }
        return self[end.upperBound...].utf8.count >= length
    }
}
