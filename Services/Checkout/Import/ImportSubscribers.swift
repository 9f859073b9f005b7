import Foundation
import Logging
import Messaging
import Models
import Postgres
import ServiceKit
import Stripe
import StripeSync

/// Takes over a shop that has subscribers at Stripe already: says whose customers they are, and brings in their subscriptions and invoices.
///
/// It changes nothing at Stripe. Run again it changes nothing here either, and what events tell meanwhile is newer than what it reads.
struct ImportSubscribers: Sendable {
    let catchUp: CatchUp
    let reconcile: Reconcile

    /// How it is known whose a customer is.
    enum Mapping: Sendable {
        /// By this key of the customer's metadata.
        case metadata(String)
        /// By a list.
        case list([Pair])
    }

    /// A user and the customer that the user is at Stripe.
    struct Pair: Sendable, Hashable {
        var user: UserID
        var customer: CustomerID
    }

    /// What was found, and what of it was done.
    struct Report: Sendable, Equatable {
        /// Customers that are linked now, or would be.
        var linked = 0
        /// Those that had been before.
        var known = 0
        /// What cannot be linked, one sentence each.
        var refused: [String] = []
        /// Subscriptions of these customers at Stripe, by plan and status.
        var subscriptions: [String: Int] = [:]
        /// Subscriptions that were brought in.
        var importedSubscriptions: Int64 = 0
        /// Invoices that were brought in.
        var importedInvoices: Int64 = 0
    }

    private var pool: PostgresPool { catchUp.outbox.pool }
    private var stripe: StripeClient { catchUp.stripe }

    /// `isDryRun` only tells. Throws when Stripe or the database cannot be asked; what was done until then stays, and the next run goes on.
    func callAsFunction(_ mapping: Mapping, isDryRun: Bool) async throws -> Report {
        var report = Report()
        var customers: Set<CustomerID> = []
        try await pairs(mapping) { pair, facts in
            if let refusal = try await refusal(pair, facts) {
                report.refused.append(refusal)
                return
            }
            customers.insert(pair.customer)
            if try await Customers.user(of: pair.customer, in: pool) != nil {
                report.known += 1
                return
            }
            report.linked += 1
            guard !isDryRun else { return }
            _ = try await catchUp.outbox.transaction { work in try await Customers.link(pair.customer, to: pair.user, in: work) }
        }
        report.subscriptions = try await count(customers)
        guard !isDryRun else { return report }
        report.importedSubscriptions = try await reconcile.subscriptions.whole().repaired
        report.importedInvoices = try await reconcile.invoices.whole().repaired
        return report
    }

    private func pairs(_ mapping: Mapping, _ each: (Pair, MappedCustomer?) async throws -> Void) async throws {
        switch mapping {
        case .list(let pairs):
            for pair in pairs { try await each(pair, try await read(pair.customer)) }
        case .metadata(let key):
            var last: String?
            repeat {
                let page = try await stripe.customers(namedBy: key, startingAfter: last, limit: 100).value
                for customer in page.items {
                    guard let user = customer.user else { continue }
                    try await each(Pair(user: user, customer: customer.id), customer)
                }
                last = page.hasMore ? page.lastID : nil
            } while last != nil
        }
    }

    private func read(_ id: CustomerID) async throws -> MappedCustomer? {
        do {
            let facts = try await stripe.customer(id).value
            return facts.deleted ? nil : MappedCustomer(id: id, user: facts.userID, installation: facts.installation)
        } catch let error as StripeError where error.kind == .notFound {
            return nil
        }
    }

    /// Why a customer cannot be linked to a user; nil where nothing is in the way.
    private func refusal(_ pair: Pair, _ customer: MappedCustomer?) async throws -> String? {
        guard UserID.isUsable(pair.user) else { return "\(pair.customer): \"\(pair.user.rawValue.prefix(60))\" is no id of a user" }
        guard let customer else { return "\(pair.customer): Stripe knows no such customer" }
        if try await catchUp.objects.installation.names().isOther(customer.installation) {
            return "\(pair.customer): another installation made it"
        }
        if let known = try await Customers.user(of: pair.customer, in: pool), known != pair.user {
            return "\(pair.customer): it is \(known) already, not \(pair.user)"
        }
        return nil
    }

    private func count(_ customers: Set<CustomerID>) async throws -> [String: Int] {
        var found: [String: Int] = [:]
        var last: String?
        repeat {
            let page = try await stripe.subscriptions(startingAfter: last, limit: 100).value
            for facts in page.items where customers.contains(facts.customerID) {
                let plan =
                    catchUp.objects.plans.plan(of: facts)?.rawValue ?? "no plan (\(facts.prices.map(\.rawValue).joined(separator: ", ")))"
                found["\(plan) \(facts.status.rawValue)", default: 0] += 1
            }
            last = page.hasMore ? page.lastID : nil
        } while last != nil
        return found
    }
}

extension UserID {
    /// Whether it can be somebody's: 1 to 255 bytes, and nothing that cannot be seen.
    fileprivate static func isUsable(_ user: UserID) -> Bool {
        (1...255).contains(user.rawValue.utf8.count) && !user.rawValue.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
}
