package import Foundation
import Models

extension StripeClient {
    /// One page of the events of the last 30 days, newest first, for finding those that were never delivered. Throws only when the page itself
    /// cannot be read: a row that is no event is told beside the others.
    ///
    /// - Parameters:
    ///   - types: at most 20; none means all.
    ///   - from: the earliest `created`, whole seconds.
    ///   - through: the latest `created`, whole seconds.
    ///   - delivered: false for those that an endpoint has not taken, or not yet; nil for all.
    ///   - startingAfter: `lastID` of the page before.
    ///   - limit: 1 to 100.
    package func events(
        types: [String] = [], from: Date? = nil, through: Date? = nil, delivered: Bool? = nil, startingAfter: String? = nil,
        limit: Int = 100
    ) async throws -> StripeRead<EventsPage> {
        var form = Form()
        form.add(types, to: "types")
        form.set(from.map { Int($0.timeIntervalSince1970.rounded(.down)) }, at: "created", "gte")
        form.set(through.map { Int($0.timeIntervalSince1970.rounded(.down)) }, at: "created", "lte")
        form.set(delivered, at: "delivery_success")
        form.set(startingAfter, at: "starting_after")
        form.set(limit, at: "limit")
        return try await send(.get("events", form: form)) { body throws(StripeError) in try page(body) }
    }

    private func page(_ body: [UInt8]) throws(StripeError) -> EventsPage {
        let rows = try ListRows(body)
        var page = EventsPage(hasMore: rows.hasMore)
        for json in rows.all {
            let id: String?
            do throws(StripeError) {
                let head = try StripeEventHead(json: json)
                guard head.livemode == livemode else { throw StripeError(.badResponse, message: "of the wrong livemode") }
                page.events.append(.init(head: head, json: json))
                id = head.id.rawValue
            } catch {
                id = ListRows.id(of: json)
                page.oddRows.append(.init(id: id, reason: error.message ?? error.description))
            }
            page.lastID = id ?? page.lastID
        }
        guard page.lastID != nil || !page.hasMore else { throw ListRows.stuck }
        return page
    }
}
