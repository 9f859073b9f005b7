/// What becomes of a subscription whose payment was taken back, where the merchant may choose (`POLICY_DISPUTE_LOST`, `POLICY_FULL_REFUND`).
package enum EndRule: String, Sendable, CaseIterable {
    /// It ends at once.
    case end
    /// It goes on.
    case keep
}
