package import Messaging

/// A path whose requests are answered on the thread of their socket, without a task and without the router: for the one path that is far
/// hotter than all others.
///
/// It can only succeed. What `take` does not want, and what fails afterwards, goes to the router whole, as if there were no direct route;
/// so each refusal has one source, and the same `POST` must be among the router's routes.
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

    /// The path, without a query: as the router has it.
    let path: String
    /// The one field that `take` reads, in lower case.
    let field: String
    /// Bodies that are longer, or whose length is not said beforehand, are the router's.
    let longestBody: Int
    /// The body of every answer: JSON.
    let answer: String
    let afterwards: @Sendable () -> Void
    let take: @Sendable (Delivery, @escaping @Sendable (Bool) -> Void) -> Bool

    /// A route for `POST path`.
    ///
    /// `take` is called on the socket's thread and must not block. It returns false to leave the request to the router. If it returns true
    /// it calls the function that it was given once, on any thread: with true when the request is to be answered 200, with false to leave
    /// it to the router after all, which then does all of it again. `afterwards` is called behind requests that were taken, when all that
    /// had arrived on their thread with them is read: so they can be worked on together.
    package init(
        post path: String, reading field: String, longestBody: Int, answer: String, afterwards: @escaping @Sendable () -> Void = {},
        take: @escaping @Sendable (Delivery, @escaping @Sendable (Bool) -> Void) -> Bool
    ) {
        self.path = path
        self.field = field
        self.longestBody = longestBody
        self.answer = answer
        self.afterwards = afterwards
        self.take = take
    }
}
