import ServiceKit

/// Every setting of analytics, beside those of `ServiceKit`.
struct AnalyticsConfig: Sendable {
    /// `ANALYTICS_TIME_ZONE`: at whose midnight days begin, by its name in the tz database (`Europe/Berlin`). The account's, to agree with Stripe's
    /// dashboard. Another one than before has all figures counted anew at the next start.
    let timeZone: String

    init(_ settings: Settings) {
        timeZone = settings.timeZone("ANALYTICS_TIME_ZONE", default: "UTC")
    }
}
