import Models
import Postgres
import Stripe

/// Finds out which user something of Stripe's concerns. Nobody else in the system decides this.
///
/// In this order: what another installation made is nobody's here; the customer's link, which is decided once; `metadata.user_id` of the object,
/// if its price is a plan's or it was made by us; the session that we opened; the customer's metadata at Stripe.
struct ResolveCustomer: Sendable {
    let pool: PostgresPool
    let stripe: StripeClient
    let plans: PlanCatalogue
    let installation: Installation
    let linked: LinkedCustomers

    /// Whose something is.
    enum Owner: Sendable, Hashable {
        /// The customer's, who is linked.
        case linked(UserID)
        /// That of somebody to whom the customer, if there is one, is to be linked.
        case user(UserID)
        /// Nobody knows, yet.
        case unknown
        /// Another installation's, for good.
        case foreign

        /// Who it is, where that is known.
        var user: UserID? {
            switch self {
            case .linked(let user), .user(let user): user
            case .unknown, .foreign: nil
            }
        }
    }

    /// Throws when Stripe could not be asked.
    func callAsFunction(_ object: StripeObject) async throws -> Owner {
        let names = try await installation.names()
        if names.isOther(object.installation) { return .foreign }
        if let customer = object.customerID, let user = try await linked.user(of: customer) { return .linked(user) }
        if let user = object.userID, isBelieved(object) { return .user(user) }
        if case .checkoutSession(let session) = object, let owner = try await CheckoutSessions.owner(of: session.id, in: pool) {
            return .user(owner)
        }
        guard let customer = object.customerID else { return .unknown }
        return try await ask(about: customer, names)
    }

    /// Whether what the object says in `metadata.user_id` is our word. Other software in the account may use that key for users of its own; a
    /// customer of ours from before installations were told apart says nothing else.
    private func isBelieved(_ object: StripeObject) -> Bool {
        if object.installation != nil || object.openedFor != nil { return true }
        return switch object {
        case .customer: true
        case .subscription(let facts): plans.plan(of: facts) != nil
        case .invoice(let facts): plans.plan(of: facts) != nil
        default: false
        }
    }

    private func ask(about customer: CustomerID, _ names: Installation.Names) async throws -> Owner {
        if let isForeign = try await Strangers.isForeign(customer, in: pool) { return isForeign ? .foreign : .unknown }
        var isForeign = false
        do {
            let facts = try await stripe.customer(customer).value
            isForeign = names.isOther(facts.installation)
            if !isForeign, let user = facts.userID { return .user(user) }
        } catch let error as StripeError where error.kind == .notFound {
            // It will not be known tomorrow either.
        }
        try await Strangers.remember(customer, isForeign: isForeign, in: pool)
        return isForeign ? .foreign : .unknown
    }
}
