/// A link that lets one customer manage cards and invoices at Stripe; valid for minutes.
package struct PortalSession: Sendable, Hashable {
    /// Stripe's id (`bps_…`).
    package var id: String
    /// Where to send the customer.
    package var url: String

    package init(id: String, url: String) {
        self.id = id
        self.url = url
    }
}

extension PortalSession: StripeResource {
    static let objectName = "billing_portal.session"

    init(stripe session: Fields) throws {
        self.init(id: try session.required("id", session.text("id")), url: try session.required("url", session.text("url")))
    }
}
