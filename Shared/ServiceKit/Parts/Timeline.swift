package import Foundation
package import Hummingbird
package import Models
package import Postgres

/// One thing that happened to a customer, in a sentence.
package struct TimelineEntry: Codable, Sendable, Hashable {
    /// The same each time that it is told.
    package var id: String
    /// When it happened; Stripe's time where Stripe tells it.
    package var at: Date
    /// What it is about, such as `payment.succeeded`; an open set.
    package var kind: String
    /// A sentence for the customer.
    package var text: String

    package init(id: String, at: Date, kind: String, text: String) {
        self.id = id
        self.at = at
        self.kind = kind
        self.text = text
    }
}

extension TimelineEntry {
    /// The statement that reads a page of `entries`, which have at least `id` and `at`: the newest first, by the time that is told, which is
    /// `told_at`. Times are told in milliseconds, so places between them are, too: else what happened within one of them would be passed over.
    package static func page(of entries: Query, behind place: TimedPlace?, limit: Int) -> Query {
        """
        SELECT * FROM (SELECT *, date_trunc('milliseconds', at) AS told_at FROM (\(query: entries)) AS entry) AS told
        WHERE (told_at, id COLLATE "C") < (\(place?.at ?? .distantFuture), \(place?.id ?? "~"))
        ORDER BY told_at DESC, id COLLATE "C" DESC LIMIT \(limit)
        """
    }
}

/// A customer's own timeline in one service: `GET /parts/timeline`, the newest first.
package struct TimelinePart: Sendable {
    /// Entries of a user behind a place, the newest first by time and id.
    package typealias Read = @Sendable (_ user: UserID, _ place: TimedPlace?, _ limit: Int) async throws -> [TimelineEntry]

    private let read: Read

    /// The part that `read` tells.
    package init(read: @escaping Read) { self.read = read }

    /// What a part answers.
    package struct Answer: ResponseCodable, Sendable {
        /// The newest first.
        package var data: [TimelineEntry]

        package init(data: [TimelineEntry]) { self.data = data }
    }

    /// Adds the route.
    package func register(on routes: RouterGroup<CustomerContext>) {
        routes.get("parts/timeline") { request, context in
            let page = try PageRequest(request)
            return Answer(data: try await read(context.userID, page.cursor.map(TimedPlace.init), page.limit))
        }
    }
}
