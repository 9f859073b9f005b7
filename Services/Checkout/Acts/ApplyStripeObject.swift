import Foundation
import Messages
import Messaging
import Models
import Postgres
import ServiceKit
import Stripe
import StripeSync

/// What Stripe said, brought into checkout's tables: the one path for events, for reads after a customer's return, and for repairs.
struct ApplyStripeObject: Sendable {
    let pool: PostgresPool
    let plans: PlanCatalogue
    let installation: Installation
    private let linked: LinkedCustomers
    private(set) var stripe: StripeClient
    let subscriptions: Snapshots<Subscriptions>
    let invoices: Snapshots<Invoices>

    init(pool: PostgresPool, stripe: StripeClient, plans: PlanCatalogue, installation: Installation) {
        self.pool = pool
        self.plans = plans
        self.installation = installation
        self.stripe = stripe
        linked = LinkedCustomers(pool: pool)
        subscriptions = Snapshots(Subscriptions.self, pool: pool, stripe: stripe) { try await $0.subscription(SubscriptionID($1)) }
        invoices = Snapshots(Invoices.self, pool: pool, stripe: stripe) { try await $0.invoice(InvoiceID($1)) }
    }

    /// The same, with all its calls to Stripe over by `deadline`.
    func until(_ deadline: ContinuousClock.Instant) -> ApplyStripeObject {
        var copy = self
        copy.stripe = stripe.until(deadline)
        return copy
    }

    /// An object with everything that was read outside the transaction.
    struct Prepared: Sendable {
        var object: StripeObject
        var heard: HeardOf
        var owner: ResolveCustomer.Owner = .unknown
        var subscription: Snapshot<SubscriptionFacts>?
        /// A page of ours led to it.
        var isOpenedHere = false
        /// What its discounts take off, where that had to be asked.
        var discounts: [DiscountFacts] = []
        var invoice: Snapshot<InvoiceFacts>?
        /// Who collects the invoice that the object is or names, where Stripe was asked.
        var payments: [InvoicePaymentFacts] = []
        /// The invoice that the intent, or the intent of the charge, collects, where it is named or Stripe was asked.
        var collects: InvoiceID?

        /// Whose it is, where that is known.
        var user: UserID? { owner.user }
    }

    /// Reads what `apply` will need.
    func prepare(_ object: StripeObject, _ heard: HeardOf) async throws -> Prepared {
        var prepared = Prepared(object: object, heard: heard)
        prepared.owner = try await owner(of: object)
        // Somebody whom nobody knows: it is set aside. What names no customer is stored as it is, for whoever its rows turn out to concern.
        guard prepared.user != nil || (object.customerID == nil && prepared.owner != .foreign) else { return prepared }
        let joins = JoinPayments(pool: pool, stripe: stripe)
        switch object {
        case .subscription(let facts):
            let snapshot = try await subscriptions.prepare(facts, heard: heard.time)
            prepared.subscription = snapshot
            prepared.isOpenedHere = try await isOpenedHere(facts)
            prepared.discounts = try await discounts(of: snapshot.facts)
        case .invoice(let facts):
            let invoice = try await invoices.prepare(facts, heard: heard.time)
            prepared.invoice = invoice
            prepared.payments = try await joins.payments(of: invoice.facts, heard)
        case .checkoutSession(let session): prepared.payments = try await joins.payments(of: session)
        case .paymentIntent(let intent):
            prepared.collects = try await joins.invoice(of: intent.id, named: intent.invoiceID, customer: intent.customerID)
        case .charge(let charge):
            guard let intent = charge.paymentIntentID else { break }
            prepared.collects = try await joins.invoice(of: intent, named: charge.invoiceID, customer: charge.customerID)
        default: break
        }
        return prepared
    }

    /// A subscription freshly read from Stripe, prepared.
    func prepareRead(of subscription: SubscriptionID) async throws -> Prepared {
        try await prepare(repair: subscriptions.read(subscription.rawValue, by: stripe))
    }

    /// An invoice freshly read from Stripe, prepared.
    func prepareRead(of invoice: InvoiceID) async throws -> Prepared {
        let read = try await invoices.read(invoice.rawValue, by: stripe)
        var prepared = Prepared(object: .invoice(read.facts), heard: .read(at: stripe.now))
        prepared.owner = try await owner(of: prepared.object)
        prepared.invoice = read
        return prepared
    }

    /// A subscription that a list tells of, prepared.
    func prepare(repair snapshot: Snapshot<SubscriptionFacts>) async throws -> Prepared {
        var prepared = Prepared(object: .subscription(snapshot.facts), heard: .read(at: stripe.now))
        prepared.owner = try await owner(of: prepared.object)
        prepared.subscription = snapshot
        prepared.isOpenedHere = try await isOpenedHere(snapshot.facts)
        prepared.discounts = try await discounts(of: snapshot.facts)
        return prepared
    }

    /// An invoice that a list tells of, with who collects it, prepared.
    func prepare(repair snapshot: Snapshot<InvoiceFacts>) async throws -> Prepared {
        var prepared = Prepared(object: .invoice(snapshot.facts), heard: .read(at: stripe.now))
        prepared.owner = try await owner(of: prepared.object)
        prepared.invoice = snapshot
        if prepared.user != nil {
            prepared.payments = try await JoinPayments(pool: pool, stripe: stripe).payments(of: snapshot.facts, prepared.heard)
        }
        return prepared
    }

    /// What is not known yet of a subscription's discounts. One that Stripe knows no more has none that matter.
    private func discounts(of facts: SubscriptionFacts) async throws -> [DiscountFacts] {
        guard let ids = facts.discountIDs, try await !Discounts.know(ids, in: pool) else { return [] }
        do {
            return try await stripe.discounts(of: facts.id).value
        } catch let error as StripeError where error.kind == .notFound {
            return []
        }
    }

    private func isOpenedHere(_ facts: SubscriptionFacts) async throws -> Bool {
        guard let name = facts.installation else { return false }
        return try await installation.names().all.contains(name)
    }

    private func owner(of object: StripeObject) async throws -> ResolveCustomer.Owner {
        let resolve = ResolveCustomer(pool: pool, stripe: stripe, plans: plans, installation: installation, linked: linked)
        let owner = try await resolve(object)
        guard owner == .unknown, let intent = object.intentOfGuest else { return owner }
        return try await CheckoutSessions.payer(of: intent, in: pool).map { .user($0) } ?? .unknown
    }

    /// What became of an object.
    enum Result: Sendable, Hashable {
        /// In the tables, for this user.
        case applied(UserID?)
        /// Nobody knows whom it concerns; the customer or the intent that must be linked first.
        case unclaimed(waitingFor: String)
        /// Made by another installation in the same account: none of ours.
        case foreign
        /// Overtaken; prepare again.
        case overtaken
    }

    /// Changes the tables.
    func apply(_ prepared: Prepared, in work: UnitOfWork) async throws -> Result {
        if prepared.owner == .foreign { return .foreign }
        var user = prepared.user
        if let customer = prepared.object.customerID {
            try await work.lock([Customers.name(of: customer)])
            if case .linked = prepared.owner {
                // For good.
            } else if let named = user {
                user = try await Customers.link(customer, to: named, in: work)
            } else {
                guard try await Customers.user(of: customer, in: work) == nil else { return .overtaken }
                return .unclaimed(waitingFor: customer.rawValue)
            }
        } else if user == nil, let intent = prepared.object.intentOfGuest {
            // A session that leads to the intent takes the same lock: it is seen here, or it finds the event set aside.
            try await Payments.lock(intent.rawValue, in: work)
            guard try await CheckoutSessions.payer(of: intent, in: work) == nil else { return .overtaken }
            return .unclaimed(waitingFor: intent.rawValue)
        }
        guard try await change(prepared, user: user, in: work) else { return .overtaken }
        return .applied(user)
    }

    /// False when a snapshot has been overtaken.
    private func change(_ prepared: Prepared, user: UserID?, in work: UnitOfWork) async throws -> Bool {
        switch prepared.object {
        case .customer(let customer): if customer.deleted { try await Customers.markDeleted(customer.id, in: work) }
        case .subscription:
            guard let user, let snapshot = prepared.subscription else { return false }
            try await Discounts.store(prepared.discounts, in: work)
            return try await subscriptions.apply(snapshot, in: work) { facts, source in
                try await Subscriptions.store(
                    facts, user: user, plan: plans.plan(of: facts), isOpenedHere: prepared.isOpenedHere, from: source, in: work)
            }
        case .invoice(let said):
            guard let snapshot = prepared.invoice else { return false }
            let isStored = try await invoices.apply(snapshot, in: work) { facts, source in
                try await Invoices.store(facts, plan: plans.plan(of: facts), from: source, in: work)
            }
            guard isStored else { return false }
            let payment = ApplyPayment(work: work, heard: prepared.heard, user: user)
            try await payment.apply(snapshot.facts, paidBy: prepared.payments)
            try await payment.failed(said)
        default: try await ApplyPayment(work: work, heard: prepared.heard, user: user).apply(prepared)
        }
        return true
    }
}

extension StripeObject {
    /// The intent of somebody who has no customer at Stripe: only a session can say who it is.
    fileprivate var intentOfGuest: PaymentIntentID? {
        guard customerID == nil else { return nil }
        return switch self {
        case .paymentIntent(let intent): intent.id
        case .charge(let charge): charge.paymentIntentID
        default: nil
        }
    }
}
