/// A kind of object in Stripe's API: has an id, can be shown in any version's shape and be stored.
protocol Resource: Sendable, Codable {
    /// What error messages call it: `customer`, `payment_intent`.
    static var noun: String { get }
    var id: String { get }
    /// Unix seconds on the sandbox's clock.
    var created: Int { get }
    /// The object as the API shows it in a version; what it says of other objects is looked up in the account.
    func rendered(_ version: APIVersion, in account: Account) -> JSON
}
