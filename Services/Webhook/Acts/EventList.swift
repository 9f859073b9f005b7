import Foundation
import Stripe

/// Stripe's list of events since some time, read page by page, whatever is the matter with one of them.
///
/// A page that is too large, cut short, late or no page at all is asked for again in quarters, down to one event. One that cannot be read even
/// alone has no name to go on after: it is left behind by time, a second at first, and noted as a gap.
struct EventList {
    let stripe: StripeClient
    let from: Date
    /// False for what an endpoint has not taken; nil for all.
    let delivered: Bool?

    /// Something that could not be read, with others that happened beside it; what came before and after was.
    struct Gap: Error, CustomStringConvertible {
        let before: Date
        let reason: String
        var description: String { "an event before \(before.formatted(.iso8601)) cannot be read: \(reason)" }
    }

    /// The first gap, if there was any.
    private(set) var gap: Gap?

    private static let longestPage = 100
    private var limit = Self.longestPage
    private var after: String?
    /// Only what happened until then is asked for; set once a gap was left behind.
    private var through: Date?
    /// The time of the oldest event that was read.
    private var oldest: Date?
    private var isAtEnd = false
    /// How far the next gap is left behind: it may be more than one event.
    private var step: TimeInterval = 1

    init(stripe: StripeClient, from: Date, delivered: Bool?) {
        self.stripe = stripe
        self.from = from
        self.delivered = delivered
    }

    /// The next page; nil at the end. Throws when Stripe refuses to answer or cannot be reached: that is no matter of a page.
    mutating func next() async throws -> StripeRead<EventsPage>? {
        while !isAtEnd {
            do {
                let read = try await stripe.events(
                    from: from, through: through, delivered: delivered, startingAfter: after, limit: limit)
                advance(over: read.value)
                return read
            } catch let error as StripeError where limit > 1 && [.badResponse, .connection, .timeout].contains(error.kind) {
                limit = max(1, limit / 4)
            } catch let error as StripeError where error.kind == .badResponse {
                leave(because: error)
            }
        }
        return nil
    }

    private mutating func advance(over page: EventsPage) {
        isAtEnd = !page.hasMore || page.lastID == after
        after = page.lastID ?? after
        oldest = page.events.last?.head.created ?? oldest
        limit = min(limit * 2, Self.longestPage)
        step = 1
    }

    private mutating func leave(because error: StripeError) {
        let edge = min(through ?? oldest ?? Date(), oldest ?? Date())
        gap = gap ?? Gap(before: edge, reason: error.message ?? error.description)
        through = edge.addingTimeInterval(-step)
        after = nil
        step *= 2
        isAtEnd = edge <= from
    }
}
