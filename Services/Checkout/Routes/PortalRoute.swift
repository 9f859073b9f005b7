import Hummingbird
import ServiceKit

/// `POST /create-portal-session`: the way to Stripe's own pages for cards, invoices and the end of a subscription.
struct PortalRoute: Sendable {
    let open: OpenPortal
    let redirects: RedirectRule

    private struct CreateRequest: Decodable {
        var returnURL: String?
    }

    private struct CreateAnswer: ResponseEncodable {
        var url: String
    }

    func register(on routes: RouterGroup<CustomerContext>) {
        routes.post("create-portal-session", use: create)
    }

    @Sendable private func create(_ request: Request, _ context: CustomerContext) async throws -> CreateAnswer {
        let deadline = ContinuousClock.now + CheckoutSessionRoutes.patience
        let body = try await request.decode(as: CreateRequest.self, context: context)
        let returnURL = body.returnURL ?? redirects.defaultReturnURL
        guard redirects.allows(returnURL) else { throw CheckoutRefusal.redirectNotAllowed(field: "return_url") }
        return CreateAnswer(url: try await open.until(deadline)(for: context.userID, returningTo: returnURL))
    }
}
