import HTTPTestKit
import TestKit
import Testing

@testable import StripeSandbox

extension RunningSystem {
    /// Calls checkout as a customer, with any JSON.
    func account(_ call: String, _ json: String = "{}", as user: String, key: String? = nil, at url: String? = nil) async throws -> Answer {
        try await self.call("POST", "\(url ?? checkout)/api/payment/\(call)", as: user, json: json, key: key)
    }

    /// The newest subscription of a user at Stripe.
    func subscription(of user: String) async throws -> Subscription {
        try #require(await sandbox.account.subscriptions.newestFirst.first { $0.metadata["user_id"] == user })
    }

    /// The invoices of a user's newest subscription, the oldest first: status and minor units due.
    func invoices(of user: String) async throws -> [String] {
        let id = try await subscription(of: user).id
        return await sandbox.account.invoices.newestFirst.filter { $0.subscription == id }.reversed().map {
            "\($0.status.rawValue) \($0.amountDue)"
        }
    }

    /// What the customer sees of the subscription: plan, status, and whether its end is scheduled.
    func shownSubscription(to user: String) async throws -> String {
        let answer = try await checkout("GET", "subscription-status", as: user)
        return try ["plan_id", "status", "cancel_at_period_end"].map { try answer.text("subscription", $0) ?? "-" }.joined(separator: " ")
    }

    /// Lets time pass until a user's subscription has that status at Stripe, a step of the agenda at a time.
    func advance(until status: Subscription.Status, of user: String) async throws {
        for _ in 0..<60 {
            if try await subscription(of: user).status == status { return }
            _ = await sandbox.advanceToNext()
        }
        Issue.record("\(user) never became \(status)")
    }
}
