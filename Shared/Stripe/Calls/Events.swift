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

    private struct Frame: Decodable {
        let object: String
        let hasMore: Bool

        private enum CodingKeys: String, CodingKey {
            case object
            case hasMore = "has_more"
        }
    }

    private func page(_ body: [UInt8]) throws(StripeError) -> EventsPage {
        let frame = try StripeJSON.decode(Frame.self, from: body)
        guard frame.object == "list", let rows = JSONRows.rows(of: "data", in: body) else {
            throw StripeError(.badResponse, message: "not a list")
        }
        var page = EventsPage(hasMore: frame.hasMore)
        for row in rows {
            let json = Array(row)
            let id: String?
            do throws(StripeError) {
                let head = try StripeEventHead(json: json)
                guard head.livemode == livemode else { throw StripeError(.badResponse, message: "of the wrong livemode") }
                page.events.append(.init(head: head, json: json))
                id = head.id.rawValue
            } catch {
                id = try? StripeJSON.decode(Name.self, from: json).id
                page.oddRows.append(.init(id: id, reason: error.message ?? error.description))
            }
            page.lastID = id ?? page.lastID
        }
        guard page.lastID != nil || !frame.hasMore else { throw StripeError(.badResponse, message: "a list that does not advance") }
        return page
    }

    private struct Name: Decodable {
        let id: String
    }
}
