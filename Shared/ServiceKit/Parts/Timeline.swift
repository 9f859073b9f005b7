package import Foundation
package import Hummingbird
package import Models

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
