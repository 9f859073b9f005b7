/// What the account's owner has set about failed payments and events.
struct BillingSettings: Sendable, Codable {
    /// What becomes of a subscription when the last retry has failed.
    enum AfterFinalFailure: String, Sendable, CaseIterable, Codable {
        case cancel, unpaid
        case pastDue = "past_due"
    }

    /// Days from each failure to the next try; so many retries follow the first attempt.
    var retryDays = [3, 5, 7]
    var afterFinalFailure = AfterFinalFailure.unpaid
    /// The version events are made in.
    var eventVersion = APIVersion.current
}
