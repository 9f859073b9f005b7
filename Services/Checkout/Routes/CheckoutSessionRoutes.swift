import Foundation
import Hummingbird
import Models
import Postgres
import ServiceKit

/// `POST /create-checkout-session` and `POST /verify-checkout-session`.
struct CheckoutSessionRoutes: Sendable {
    let open: OpenCheckout
    let verify: VerifyCheckout
    let redirects: RedirectRule
    let publishableKey: String
    let pool: PostgresPool

    /// How long a request may wait for Stripe, all its calls together. Beyond it the gateway, which gives up after 35 s, would answer for
    /// us and the customer would not learn what failed.
    static let patience = Duration.seconds(25)

    private struct CreateRequest: Decodable {
        var planID: String
        var successURL: String?
        var cancelURL: String?
    }

    private struct CreateAnswer: ResponseEncodable {
        var sessionID: CheckoutSessionID
        var url: String
        var expiresAt: Date?
        var publishableKey: String
    }

    private struct VerifyRequest: Decodable {
        var sessionID: CheckoutSessionID
    }

    private struct VerifyAnswer: ResponseEncodable {
        var status: VerifyCheckout.Status
        var subscription: SubscriptionAnswer?
        var payment: WrittenJSON?
    }

    func register(on routes: RouterGroup<CustomerContext>) {
        routes.post("create-checkout-session", use: create)
        routes.post("verify-checkout-session", use: verified)
    }

    @Sendable private func create(_ request: Request, _ context: CustomerContext) async throws -> CreateAnswer {
        let deadline = ContinuousClock.now + Self.patience
        let body = try await request.decode(as: CreateRequest.self, context: context)
        guard let plan = Plan(rawValue: body.planID) else { throw CheckoutRefusal.unknownPlan }
        let success = body.successURL ?? redirects.defaultSuccessURL
        let cancel = body.cancelURL ?? redirects.defaultCancelURL
        guard redirects.allows(success) else { throw CheckoutRefusal.redirectNotAllowed(field: "success_url") }
        guard redirects.allows(cancel) else { throw CheckoutRefusal.redirectNotAllowed(field: "cancel_url") }
        let opened = try await open.until(deadline)(.init(user: context.userID, plan: plan, successURL: success, cancelURL: cancel))
        return CreateAnswer(
            sessionID: opened.sessionID, url: opened.url, expiresAt: opened.expiresAt, publishableKey: publishableKey)
    }

    @Sendable private func verified(_ request: Request, _ context: CustomerContext) async throws -> VerifyAnswer {
        let deadline = ContinuousClock.now + Self.patience
        let body = try await request.decode(as: VerifyRequest.self, context: context)
        let refusals = StripeRefusals(alerts: open.alerts, call: "verify-checkout-session")
        let status = try await refusals.told { try await verify.until(deadline)(body.sessionID, user: context.userID) }
        try await refusals.clear()
        return VerifyAnswer(
            status: status, subscription: try await SubscriptionAnswer.current(of: context.userID, verify.catchUp.objects.plans, in: pool),
            payment: try await Payments.ofSession(body.sessionID, user: context.userID, in: pool).map(PaymentAnswer.json.callAsFunction))
    }
}
