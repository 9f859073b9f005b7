import HTTPTestKit
import Stripe
import Synchronization

/// The waits that a client would have made, which pass at once here.
final class Waits: Sendable {
    private let durations = Mutex<[Duration]>([])

    var all: [Duration] { durations.withLock(\.self) }

    func pause(_ duration: Duration) async throws {
        durations.withLock { $0.append(duration) }
        try Task.checkCancellation()
    }
}

/// Runs `body` with a client of a stub that gives the scripted answers.
func withStripe<Result>(
    _ script: [StripeStubAnswer], key: String = "sk_test_canary", timeout: Duration = .seconds(10), maxRetries: Int = 2,
    _ body: (StripeClient, StripeStub, Waits) async throws -> Result
) async throws -> Result {
    let waits = Waits()
    return try await StripeStub.servingClient(script, key: key, timeout: timeout, maxRetries: maxRetries, pause: waits.pause) {
        client, stub in try await body(client, stub, waits)
    }
}

/// The error that the call throws; nil when it throws none of Stripe's.
func stripeError(_ call: () async throws -> some Any) async -> StripeError? {
    do {
        _ = try await call()
        return nil
    } catch {
        return error as? StripeError
    }
}

/// JSON of the least that is believed.
enum Sample {
    static let customer = #"{"id": "cus_1", "object": "customer", "livemode": false}"#

    static func subscription(_ id: String, customer: String = "cus_1", status: String = "active") -> String {
        """
        {"id": "\(id)", "object": "subscription", "livemode": false, "customer": "\(customer)", "status": "\(status)", "created": 1}
        """
    }

    static func list(_ rows: [String], hasMore: Bool = false) -> String {
        #"{"object": "list", "data": [\#(rows.joined(separator: ", "))], "has_more": \#(hasMore), "url": "/v1/x"}"#
    }
}
