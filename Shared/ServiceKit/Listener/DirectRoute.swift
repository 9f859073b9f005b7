package import Messaging
package import Models
import NIOHTTP1

/// A path whose requests are answered on the thread of their socket, without a task and without the router: for the few paths that are far
/// hotter than all others.
///
/// It can only succeed. What `take` does not want, and what fails afterwards, goes to the router whole, as if there were no direct route;
/// so each refusal has one source, and the same method and path must be among the router's routes.
package struct DirectRoute: Sendable {
    /// A request that has arrived whole.
    package struct Delivery: Sendable {
        /// The body, byte for byte.
        package let body: [UInt8]
        /// The field of the route's choice, as it was sent.
        package let field: String?
        /// The place of the request in its trace.
        package let trace: TraceContext
    }

    /// What a request is answered with, as 200.
    package struct Answer: Sendable {
        /// JSON.
        package let body: [UInt8]
        /// Who sent the request, for its log line.
        package let user: UserID?
        /// Whether the request has a row that tells more than its log line could (see `RequestJournal`).
        package let isRoutine: Bool

        /// An answer.
        package init(body: [UInt8], user: UserID? = nil, isRoutine: Bool = false) {
            self.body = body
            self.user = user
            self.isRoutine = isRoutine
        }
    }

    /// Called once, on any thread: with the answer, or with nil to leave the request to the router after all, which then does all of it again.
    package typealias Done = @Sendable (Answer?) -> Void

    /// The methods that there are direct routes for.
    package enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
    }

    let method: Method
    /// The path, without a query: as the router has it.
    let path: String
    /// The one field that `take` reads, in lower case.
    let field: String
    /// Bodies that are longer, or whose length is not said beforehand, are the router's.
    let longestBody: Int
    let afterwards: @Sendable () -> Void
    let take: @Sendable (Delivery, @escaping Done) -> Bool

    /// A route for one method of one path.
    ///
    /// `take` is called on the socket's thread and must not block. It returns false to leave the request to the router; if it returns true it calls
    /// the function that it was given. `afterwards` is called behind requests that were taken, when all that had arrived on their thread with
    /// them is read: so they can be worked on together.
    package init(
        _ method: Method, _ path: String, reading field: String, longestBody: Int = 0, afterwards: @escaping @Sendable () -> Void = {},
        take: @escaping @Sendable (Delivery, @escaping Done) -> Bool
    ) {
        self.method = method
        self.path = path
        self.field = field
        self.longestBody = longestBody
        self.afterwards = afterwards
        self.take = take
    }
}

extension DirectRoute {
    /// `GET path` for customers who show a token: what `batcher` says of an `item` made of their user, as JSON. A request with a
    /// query, and one whose sender is not known at once, is the router's.
    package static func customer<Item>(
        _ path: String, _ authenticator: Authenticator, _ batcher: Batcher<Item, [UInt8]>, item: @escaping @Sendable (UserID) -> Item
    ) -> DirectRoute {
        DirectRoute(.get, path, reading: "authorization", afterwards: batcher.begin) { delivery, done in
            guard let token = delivery.field.flatMap(BearerToken.text), let user = authenticator.known(token)?.userID else { return false }
            return batcher.take(item(user)) { result in done((try? result.get()).map { Answer(body: $0, user: user) }) }
        }
    }
}
