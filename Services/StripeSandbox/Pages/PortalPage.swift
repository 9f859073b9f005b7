/// What the customer portal shows.
struct PortalPage: Sendable {
    /// One subscription and what can be done about it.
    struct Plan: Sendable {
        let subscription: String
        let name: String
        let amount: String
        let status: String
        /// When it ends, if it will.
        let ending: String?
        let canCancel: Bool
        let others: [Offer]
    }

    /// A price that a plan can be changed to.
    struct Offer: Sendable {
        let price: String
        let label: String
    }

    let title = "Your plan"
    let email: String
    let plans: [Plan]
    /// Where the forms are sent.
    let action: String
    /// Back to the shop.
    let link: String?
    /// Why the last wish was not granted.
    var error: String?

    init(_ session: PortalSession, in account: Account) {
        email = account.customers[session.customer]?.email ?? ""
        action = "/p/session/\(session.token)"
        link = session.returnURL
        plans = account.subscriptions.newestFirst.filter { $0.customer == session.customer && !$0.hasEnded }.map { subscription in
            Self.plan(subscription, in: account)
        }
    }

    private static func plan(_ subscription: Subscription, in account: Account) -> Plan {
        let price = account.prices[subscription.items.first?.price]
        let offers = account.prices.all.filter { other in
            other.isRecurring && other.active && other.currency == subscription.currency && other.id != price?.id
        }
        return Plan(
            subscription: subscription.id, name: name(of: price, in: account), amount: amount(of: price),
            status: subscription.status.rawValue.replacing("_", with: " "), ending: subscription.cancelAt.map { PlainDate.text($0) },
            canCancel: subscription.cancelAt == nil,
            others: offers.map { Offer(price: $0.id, label: "\(name(of: $0, in: account)), \(amount(of: $0)) per month") })
    }

    private static func name(of price: Price?, in account: Account) -> String { price.flatMap { account.products[$0.product]?.name } ?? "" }

    private static func amount(of price: Price?) -> String { price.map { Money($0.unitAmount, $0.currency).description } ?? "" }
}
