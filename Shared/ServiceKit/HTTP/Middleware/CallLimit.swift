package import Foundation
import HTTPTypes
package import Hummingbird
import Models
import Synchronization

/// Bounds how often one customer may make calls that cost requests at Stripe: so many a minute, all at once or spread out.
///
/// A replica counts for itself, so that no call waits for a database: of several the bound is as many times as much. Beyond it the answer is 429
/// with the time to come back; what is asked again under an idempotency key counts, too. Reads count nothing.
package final class CallLimit: RouterMiddleware {
    /// The context that it looks at.
    package typealias Context = CustomerContext

    private let perMinute: Int
    private let now: @Sendable () -> Date
    /// By customer, until when what they have done is paid for; the generic cell rate algorithm (ITU-T I.371).
    private let paidUntil = Mutex<[UserID: Date]>([:])

    /// More than this many customers a minute are forgotten as soon as they are quiet.
    private static let mostKnown = 10_000

    /// 0 for no bound.
    package init(perMinute: Int, now: @escaping @Sendable () -> Date) {
        self.perMinute = perMinute
        self.now = now
    }

    /// Lets the request through, or throws the 429.
    package func handle(
        _ request: Request, context: CustomerContext, next: @concurrent (Request, CustomerContext) async throws -> Response
    ) async throws -> Response {
        if request.method == .post, let wait = wait(context.userID) {
            throw APIError(
                .tooManyRequests, "too_many_requests", "That was asked for too often; please wait a moment.", retryAfter: .seconds(wait))
        }
        return try await next(request, context)
    }

    /// Whole seconds until a customer may call again; nil for now.
    private func wait(_ user: UserID) -> Int? {
        guard perMinute > 0 else { return nil }
        let (now, cost) = (now(), 60 / Double(perMinute))
        return paidUntil.withLock { known in
            if known.count > Self.mostKnown { known = known.filter { $0.value > now } }
            let until = max(known[user] ?? now, now)
            let ahead = until.timeIntervalSince(now) + cost
            guard ahead <= 60 else { return Int((ahead - 60).rounded(.up)) }
            known[user] = until.addingTimeInterval(cost)
            return nil
        }
    }
}
