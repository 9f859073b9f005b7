import Foundation
import Messaging
import Models
import Postgres
import Stripe

/// Opens Stripe's customer portal, where cards are changed, invoices paid and subscriptions ended.
struct OpenPortal: Sendable {
    let pool: PostgresPool
    let stripe: StripeClient
    let plans: PlanCatalogue
    let alerts: Alerts

    /// The same, with all its calls to Stripe over by `deadline`.
    func until(_ deadline: ContinuousClock.Instant) -> OpenPortal {
        OpenPortal(pool: pool, stripe: stripe.until(deadline), plans: plans, alerts: alerts)
    }

    /// The address to send the customer to, good for minutes; each call makes a new one. Throws `CheckoutRefusal.noCustomer` for whoever never
    /// began to buy anything, or whose customer Stripe knows no more.
    func callAsFunction(for user: UserID, returningTo returnURL: String) async throws -> String {
        guard let customer = try await customer(of: user) else { throw CheckoutRefusal.noCustomer }
        let refusals = StripeRefusals(alerts: alerts, call: "create-portal-session")
        return try await refusals.told {
            do {
                let opened = try await stripe.createPortalSession(
                    customer: customer, returnURL: returnURL, idempotencyKey: "portal-\(UUID().uuidString.lowercased())")
                try await refusals.clear()
                try await pool.query(AuditEntry("portal_session.opened", "customer", customer.rawValue, user: user).statement)
                return opened.value.url
            } catch let error as StripeError where error.isMissing("customer") {
                try await Customers.markDeleted(customer, in: pool)
                throw CheckoutRefusal.noCustomer
            }
        }
    }

    /// A user may have several: the one whose subscription is shown.
    private func customer(of user: UserID) async throws -> CustomerID? {
        let shown = try await Subscriptions.toPlans(of: user, plans, in: pool).first
        if let shown, !shown.facts.status.isEnded, !shown.isGone { return shown.facts.customerID }
        return try await Customers.first(of: user, in: pool)
    }
}
