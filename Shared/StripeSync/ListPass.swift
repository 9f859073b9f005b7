package import Foundation
package import Logging
package import Messages
package import Messaging
import Metrics
import Models
import Postgres
package import Stripe

/// A pass over one of Stripe's lists, which repairs what no event has told.
///
/// A turn reads so many pages and no more; the next one goes on where it stopped, also after a restart. A page that cannot be read is asked for
/// in quarters, down to one row; a row that cannot be read keeps no other back. What is different here is repaired by the code that takes events,
/// and whatever has come in between is newer than the list.
package struct ListPass<Table: SnapshotTable>: Sendable {
    /// What is counted of a row.
    package struct Counted: Sendable {
        /// Lower-case ISO code.
        package var currency: String
        /// As Stripe says it.
        package var status: String
        /// Minor units.
        package var amount: Int64
        /// Whether it is for a plan; nil where that is not asked.
        package var hasPlan: Bool?

        package init(currency: String, status: String, amount: Int64, hasPlan: Bool? = nil) {
            self.currency = currency
            self.status = status
            self.amount = amount
            self.hasPlan = hasPlan
        }
    }

    /// How a list is read, compared, counted and brought in.
    package struct Steps: Sendable {
        /// One page of it, behind a row.
        package var page: @Sendable (_ after: String?, _ limit: Int) async throws -> StripeRead<ListPage<Table.Facts>>
        /// What is counted of a row.
        package var count: @Sendable (Table.Facts) -> Counted
        /// Which of a page are ours, by their names.
        package var ours: @Sendable ([Table.Facts]) async throws -> Set<String>
        /// Whether a row is compared: what is somebody else's for good is not.
        package var isCompared: @Sendable (_ row: Table.Facts, _ isOurs: Bool, _ readAt: Date) -> Bool
        /// Brings in what differs; whether it is ours.
        package var repair: @Sendable (Snapshot<Table.Facts>) async throws -> Bool

        package init(
            page: @escaping @Sendable (_ after: String?, _ limit: Int) async throws -> StripeRead<ListPage<Table.Facts>>,
            count: @escaping @Sendable (Table.Facts) -> Counted, ours: @escaping @Sendable ([Table.Facts]) async throws -> Set<String>,
            isCompared: @escaping @Sendable (_ row: Table.Facts, _ isOurs: Bool, _ readAt: Date) -> Bool,
            repair: @escaping @Sendable (Snapshot<Table.Facts>) async throws -> Bool
        ) {
            self.page = page
            self.count = count
            self.ours = ours
            self.isCompared = isCompared
            self.repair = repair
        }
    }

    private let scope: String
    private let service: ServiceName
    private let outbox: Outbox
    private let snapshots: Snapshots<Table>
    private let alerts: Alerts
    private let logger: Logger
    private let steps: Steps

    private var failed: Alert {
        Alert(
            "\(service.rawValue)_reconciliation_failed", remedy: "See whether Stripe answers and STRIPE_SECRET_KEY may read this list.")
    }

    /// A pass of `service` over the list called `scope`.
    package init(
        _ scope: String, of service: ServiceName, outbox: Outbox, snapshots: Snapshots<Table>, alerts: Alerts, logger: Logger, steps: Steps
    ) {
        self.scope = scope
        self.service = service
        self.outbox = outbox
        self.snapshots = snapshots
        self.alerts = alerts
        self.logger = logger
        self.steps = steps
    }

    /// 1,000 rows a turn: ten requests, where Stripe answers a hundred a second.
    private static var pagesATurn: Int { 10 }
    private static var longestPage: Int { 100 }

    /// A turn: at most ten pages. Returns the pass as it is then. Throws what keeps it from going on, which is an alert, too.
    @discardableResult
    package func turn() async throws -> ListPasses.Pass {
        var pass = try await ListPasses.open(scope, in: outbox.pool)
        do {
            for _ in 0..<Self.pagesATurn where pass.finishedAt == nil { pass = try await page(of: pass) }
            try await alerts.clear(failed, about: scope)
            return pass
        } catch {
            if !(error is CancellationError) {
                try await ListPasses.fail(pass, because: "\(error)", in: outbox.pool)
                try await alerts.raise(failed, about: scope, "Stripe's list of \(scope) cannot be compared.")
            }
            throw error
        }
    }

    /// A whole pass at once, beginning anew where none is under way.
    package func whole() async throws -> ListPasses.Pass {
        while true {
            let pass = try await turn()
            if pass.finishedAt != nil { return pass }
        }
    }

    /// One page: compared, repaired, counted.
    private func page(of pass: ListPasses.Pass) async throws -> ListPasses.Pass {
        var page = ListPage<Table.Facts>()
        var readAt = Date()
        let found = try await snapshots.read {
            let read = try await wholePage(behind: pass.lastID)
            (page, readAt) = (read.value, read.readAt)
            return read.map(\.items)
        }
        let ours = try await steps.ours(page.items)
        let compared = found.filter { steps.isCompared($0.facts, ours.contains(Table.id(of: $0.facts)), readAt) }
        var repaired = 0
        for snapshot in try await snapshots.differing(compared) where try await steps.repair(snapshot) { repaired += 1 }
        if repaired > 0 {
            logger.warning("what no event has told is repaired", metadata: ["scope": "\(scope)", "count": "\(repaired)"])
        }
        Counter(label: "\(service.rawValue)_repaired_total", dimensions: [("scope", scope)]).increment(by: repaired)
        let progress = ListPasses.Progress(
            asOf: readAt, lastID: page.lastID, seen: page.items.count + page.oddRows.count, repaired: repaired,
            passedOver: page.oddRows.count, totals: add(page.items, to: pass.totals, ours: ours), isEnd: !page.hasMore)
        return try await outbox.transaction { work in
            guard let noted = try await ListPasses.note(progress, of: pass, in: work) else {
                return try await ListPasses.current(pass, in: work)
            }
            if noted.finishedAt != nil { try work.publish(message(of: noted)) }
            return noted
        }
    }

    private func wholePage(behind last: String?) async throws -> StripeRead<ListPage<Table.Facts>> {
        var limit = Self.longestPage
        while true {
            do {
                return try await steps.page(last, limit)
            } catch let error as StripeError where limit > 1 && [.badResponse, .connection, .timeout].contains(error.kind) {
                limit = max(1, limit / 4)
            }
        }
    }

    private func add(
        _ rows: [Table.Facts], to totals: [ReconciliationFinished.Total], ours: Set<String>
    ) -> [ReconciliationFinished.Total] {
        var totals = totals
        for row in rows {
            let (counted, isOurs) = (steps.count(row), ours.contains(Table.id(of: row)))
            let known = totals.firstIndex {
                ($0.currency, $0.status, $0.isOurs, $0.hasPlan) == (counted.currency, counted.status, isOurs, counted.hasPlan)
            }
            if let known {
                totals[known].count += 1
                totals[known].amount += counted.amount
            } else {
                totals.append(
                    .init(
                        currency: counted.currency, status: counted.status, isOurs: isOurs, hasPlan: counted.hasPlan, count: 1,
                        amount: counted.amount))
            }
        }
        return totals.sorted {
            ($0.currency, $0.status, $0.isOurs ? 0 : 1, $0.hasPlan == true ? 0 : 1)
                < ($1.currency, $1.status, $1.isOurs ? 0 : 1, $1.hasPlan == true ? 0 : 1)
        }
    }

    private func message(of pass: ListPasses.Pass) -> ReconciliationFinished {
        ReconciliationFinished(
            service: service, scope: pass.scope, version: pass.id, asOf: pass.asOf ?? pass.startedAt, seen: pass.seen,
            repaired: pass.repaired, passedOver: pass.passedOver, totals: pass.totals)
    }
}
