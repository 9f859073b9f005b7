package import Foundation
package import Logging

/// Stripe's API, as far as this system uses it: one method per call, typed answers, no state.
///
/// Every call retries what is worth retrying, with the same idempotency key, and throws `StripeError`, or `CancellationError` when its
/// task is cancelled. Copies share connections. `close()` one of them before the last is released.
package struct StripeClient: Sendable {
    let transport: StripeTransport
    private var deadline: ContinuousClock.Instant?

    /// Connects on first use. `pace` spaces the requests out; without one each leaves at once. `pause` waits between tries; tests pass one that
    /// does not.
    package init(
        configuration: StripeConfiguration, logger: Logger, pace: RequestPace? = nil,
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        let wire = HTTPWire(configuration: configuration, logger: logger, sleep: pause)
        self.init(configuration: configuration, logger: logger, pace: pace, wire: wire)
    }

    /// A client that reaches Stripe by `wire`.
    init(configuration: StripeConfiguration, logger: Logger, pace: RequestPace? = nil, wire: any StripeWire) {
        transport = StripeTransport(configuration: configuration, logger: logger, pace: pace, wire: wire)
    }

    /// Whether real money moves.
    package var livemode: Bool { transport.configuration.livemode }

    /// Stripe's clock, as far as the answers to this client and its copies have told it.
    package var clock: StripeClock { transport.clock }

    /// Now by Stripe's clock; by our own before the first answer.
    package var time: Date { clock.now ?? transport.wire.date }

    /// Now, by Stripe's clock or our own, whichever is later. What is later than this is in the future.
    package var now: Date { max(transport.wire.date, clock.now ?? .distantPast) }

    /// Now by our own clock.
    package var date: Date { transport.wire.date }

    /// Now by the clock that nobody can set: deadlines and the age of answers are told by it.
    package var instant: ContinuousClock.Instant { transport.wire.instant }

    /// The same client, whose calls end by `deadline`, tries and waits together. A call that would begin later throws `timeout` unsent.
    package func until(_ deadline: ContinuousClock.Instant) -> StripeClient {
        var client = self
        client.deadline = min(deadline, self.deadline ?? deadline)
        return client
    }

    /// Closes the connections of this client and all its copies; calls in flight fail. Safe to call twice.
    package func close() async { await transport.wire.close() }

    /// Sends the request and reads its answer. What `read` refuses is thrown with all that helps to find the answer at Stripe.
    func send<Value: Sendable>(
        _ request: StripeRequest, read: (_ body: [UInt8]) throws(StripeError) -> Value
    ) async throws -> StripeRead<Value> {
        let answer = try await transport.send(request, deadline: deadline)
        do throws(StripeError) {
            return answer.stamp(try read(answer.body))
        } catch {
            throw StripeError(
                .badResponse, status: answer.status, message: error.message, requestID: answer.requestID,
                isUnknownOutcome: request.method != .get)
        }
    }

    /// Sends the request and decodes one object, which must be of the expected kind and mode and, where `id` is given, have that id.
    func object<Resource: StripeResource>(_ request: StripeRequest, id: String? = nil) async throws -> StripeRead<Resource> {
        try await send(request) { body throws(StripeError) in
            let wire = try StripeJSON.decode(Wire<Resource>.self, from: body)
            guard id == nil || wire.id == id else { throw StripeError(.badResponse, message: "another \(Resource.objectName)") }
            return try wire.value(livemode: livemode)
        }
    }
}
