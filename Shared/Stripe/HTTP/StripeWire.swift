import Foundation

/// The way to Stripe and back, with the clocks by which its time is told and the chance by which waits differ: HTTP in production; a model
/// of Stripe with a clock of its own in simulations.
protocol StripeWire: Sendable {
    /// One try: the whole answer, which has come before `limit` is over. Throws `StripeError` of kind `timeout` when it has not, of kind
    /// `connection` or `badResponse` when none can be had.
    func send(_ request: StripeRequest, within limit: Duration) async throws -> ReceivedAnswer
    /// Waits between two tries.
    func pause(_ time: Duration) async throws
    /// Now by a clock that nobody can set.
    var instant: ContinuousClock.Instant { get }
    /// Now by this machine's calendar, which may be wrong.
    var date: Date { get }
    /// Another number from 0 to 1 at each call.
    var chance: Double { get }
    /// Closes what is open; calls in flight fail. Safe to call twice.
    func close() async
}
