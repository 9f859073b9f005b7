import Foundation
import Hummingbird
import Models
import Postgres
import ServiceKit

/// `POST /cancel-subscription`, `POST /reactivate-subscription` and `POST /change-plan`: what a customer does with a subscription.
struct SubscriptionRoutes: Sendable {
    let change: ChangeSubscription
    let preview: PreviewChange

    private struct CancelRequest: Decodable {
        var atPeriodEnd: Bool?
        var reason: String?
    }

    private struct ChangeRequest: Decodable {
        var planID: String
        var preview: Bool?
    }

    private struct SubscriptionOf: ResponseEncodable {
        var subscription: SubscriptionAnswer?
        var confirmationURL: String?
    }

    private struct PreviewAnswer: ResponseEncodable {
        var amountNow: Int64
        var amountNext: Int64
        var currency: String
        var prorationDate: Date
    }

    func register(on routes: RouterGroup<CustomerContext>) {
        routes.post("cancel-subscription", use: cancel)
        routes.post("reactivate-subscription", use: reactivate)
        routes.post("change-plan", use: changePlan)
    }

    @Sendable private func cancel(_ request: Request, _ context: CustomerContext) async throws -> SubscriptionOf {
        let deadline = ContinuousClock.now + CheckoutSessionRoutes.patience
        let body = try await request.decode(as: CancelRequest.self, context: context)
        if let reason = body.reason { try FreeText.check(reason, "reason") }
        let wish = SubscriptionWish.cancel(atPeriodEnd: body.atPeriodEnd ?? true, reason: body.reason)
        return try await done(wish, context, "cancel-subscription", deadline)
    }

    @Sendable private func reactivate(_ request: Request, _ context: CustomerContext) async throws -> SubscriptionOf {
        try await done(.reactivate, context, "reactivate-subscription", .now + CheckoutSessionRoutes.patience)
    }

    @Sendable private func changePlan(_ request: Request, _ context: CustomerContext) async throws -> Response {
        let deadline = ContinuousClock.now + CheckoutSessionRoutes.patience
        let body = try await request.decode(as: ChangeRequest.self, context: context)
        guard let plan = Plan(rawValue: body.planID) else { throw CheckoutRefusal.unknownPlan }
        guard body.preview != true else {
            let shown = try await preview.until(deadline)(plan, of: context.userID)
            let answer = PreviewAnswer(
                amountNow: shown.amountNow, amountNext: shown.amountNext, currency: shown.currency, prorationDate: shown.prorationDate)
            return try answer.response(from: request, context: context)
        }
        return try await done(.change(plan), context, "change-plan", deadline).response(from: request, context: context)
    }

    private func done(
        _ wish: SubscriptionWish, _ context: CustomerContext, _ call: String, _ deadline: ContinuousClock.Instant
    ) async throws -> SubscriptionOf {
        let url = try await change.until(deadline)(wish, of: context.userID, call: call)
        let objects = change.catchUp.objects
        return SubscriptionOf(
            subscription: try await SubscriptionAnswer.current(of: context.userID, objects.plans, in: objects.pool), confirmationURL: url)
    }
}
