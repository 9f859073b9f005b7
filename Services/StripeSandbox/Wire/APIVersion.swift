/// A version of Stripe's API, `2026-05-27.dahlia` or `2024-06-20`, and the shape that objects have in it.
struct APIVersion: Sendable, Equatable, Codable {
    /// The name as given.
    let name: String

    /// The version this sandbox speaks when none is named.
    static let current = APIVersion(verified: "2026-05-27.dahlia")

    /// Nil for a name that Stripe never gave, or gave to a version newer than this sandbox knows.
    init?(_ name: String) {
        guard Self.known.contains(name) else { return nil }
        self.name = name
    }

    /// A version that events can be made in.
    init?(ofEvents name: String) {
        guard Self.known.contains(name) || Self.ofEventsOnly.contains(name) else { return nil }
        self.name = name
    }

    private init(verified name: String) { self.name = name }

    /// Before basil (2025-03-31): periods on the subscription, `payment_intent` and `charge` on the invoice, `invoice` on both.
    var isLegacy: Bool { name < "2025-03-31" }

    /// Before dahlia (2026-03-25) the page of a session is called `hosted`, then `hosted_page`.
    var hostedMode: String { name < "2026-03-25" ? "hosted" : "hosted_page" }

    /// From clover (2025-09-30) discounts and promotion codes name their coupon; before they hold it.
    var namesCoupons: Bool { name >= "2025-09-30" }

    /// From endive (2026-09-30) a dispute that is looked at once more says so.
    var hasAppeals: Bool { name >= "2026-09-30" }

    /// From endive (2026-09-30) paused subscriptions and written-off invoices say why.
    var hasStatusDetails: Bool { name >= "2026-09-30" }

    /// Whether events of this type exist in this version.
    func has(event type: String) -> Bool {
        switch type {
        case "invoice_payment.paid": name >= "2025-05-28"
        case "refund.created", "refund.updated", "refund.failed": name >= "2024-09-30"
        default: true
        }
    }
}
