package import Models

extension StripeClient {
    /// Reads a subscription, ended ones too.
    package func subscription(_ id: SubscriptionID) async throws -> StripeRead<SubscriptionFacts> {
        try await object(.get("subscriptions", id.rawValue), id: id.rawValue)
    }

    /// Every subscription of a customer in any status, newest first. Throws `badResponse` when a row belongs to somebody else.
    package func subscriptions(of customer: CustomerID) async throws -> StripeRead<[SubscriptionFacts]> {
        var form = Form()
        form.set(customer.rawValue, at: "customer")
        form.set("all", at: "status")
        return try await all(.get("subscriptions", form: form)) { $0.customerID == customer }
    }

    /// Asks for as little as can be asked, for the sake of the answer's date: `clock` knows it afterwards.
    package func readClock() async throws {
        var form = Form()
        form.set(1, at: "limit")
        _ = try await send(.get("subscriptions", form: form)) { _ throws(StripeError) in () }
    }

    /// Schedules the end of a subscription for the end of its paid period, or takes that back. What a portal scheduled by date alone
    /// is taken back with `clearCancelAt(of:idempotencyKey:)`.
    package func setCancelAtPeriodEnd(
        _ isScheduled: Bool, of id: SubscriptionID, idempotencyKey: String
    ) async throws -> StripeRead<SubscriptionFacts> {
        var form = Form()
        form.set(isScheduled, at: "cancel_at_period_end")
        return try await object(.post("subscriptions", id.rawValue, form: form, idempotencyKey: idempotencyKey), id: id.rawValue)
    }

    /// Takes back an end that is scheduled by `cancelAt`, as Stripe's portal does in flexible billing mode.
    package func clearCancelAt(of id: SubscriptionID, idempotencyKey: String) async throws -> StripeRead<SubscriptionFacts> {
        var form = Form()
        form.set("", at: "cancel_at")
        return try await object(.post("subscriptions", id.rawValue, form: form, idempotencyKey: idempotencyKey), id: id.rawValue)
    }

    /// Ends a subscription now. Ending it twice gives the ended subscription both times: Stripe answers the second 404, so it is read.
    package func cancelSubscription(_ id: SubscriptionID) async throws -> StripeRead<SubscriptionFacts> {
        do {
            return try await object(.delete("subscriptions", id.rawValue), id: id.rawValue)
        } catch let refusal as StripeError where refusal.kind == .notFound {
            let read = try await subscription(id)
            guard read.value.status.isEnded else { throw refusal }
            return read
        }
    }
}
