/// The account's clock in the words of Stripe's test clocks.
///
/// The account has one clock: advancing any test clock advances everybody, and nothing can be in the past.
struct TestClock: Sendable, Codable {
    let id: String
    let created: Int
    let name: String?
    /// The time that it was last told.
    var frozenTime: Int
    /// Where it is advancing to; nil while it stands.
    var target: Int?
    /// Its customers are deleted with it.
    var deleted = false

    /// A client's clock may be so far behind; more is the past.
    static let grace = 300
    /// As far as one call advances: a year of renewals is done at once.
    static let longestAdvance = 366 * 86_400
}
