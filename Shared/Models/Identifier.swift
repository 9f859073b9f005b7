/// An opaque identifier that cannot be mistaken for one of another kind: `Identifier<Customer>` is not `Identifier<Invoice>`.
///
/// Encoded as the bare string. Nothing is derived from its text: neither prefix nor length means anything here.
package struct Identifier<Subject>: RawRepresentable, Hashable, Sendable, Codable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The text as its issuer wrote it.
    package let rawValue: String

    /// Takes any text as an identifier.
    package init(rawValue: String) { self.rawValue = rawValue }

    /// Takes any text as an identifier.
    package init(_ rawValue: String) { self.rawValue = rawValue }

    /// A literal identifier, for tests and constants.
    package init(stringLiteral value: String) { rawValue = value }

    /// Reads the bare string.
    package init(from decoder: any Decoder) throws { rawValue = try decoder.singleValueContainer().decode(String.self) }

    /// Writes the bare string.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }

    /// The text itself.
    package var description: String { rawValue }
}

/// What identifiers are identifiers of; none of these has values.
package enum Subjects {
    /// A user of the product, named by the `sub` claim of its tokens.
    package enum User {}
    /// A payment of ours: one collection of money.
    package enum Payment {}
    /// Stripe's event (`evt_…`).
    package enum Event {}
    /// Stripe's customer (`cus_…`).
    package enum Customer {}
    /// Stripe's subscription (`sub_…`).
    package enum Subscription {}
    /// Stripe's invoice (`in_…`).
    package enum Invoice {}
    /// Stripe's payment intent (`pi_…`).
    package enum PaymentIntent {}
    /// Stripe's charge (`ch_…`).
    package enum Charge {}
    /// Stripe's refund (`re_…`).
    package enum Refund {}
    /// A customer's request for a refund.
    package enum RefundRequest {}
    /// A refund as this system calls it, before and after Stripe knows it.
    package enum OwnRefund {}
    /// Stripe's dispute (`dp_…`, older ones `du_…`).
    package enum Dispute {}
    /// Stripe's checkout session (`cs_…`).
    package enum CheckoutSession {}
    /// Stripe's price (`price_…`).
    package enum Price {}
    /// A command to the VM controller.
    package enum Command {}
}

/// A user of the product: the `sub` claim of its tokens.
package typealias UserID = Identifier<Subjects.User>
/// A payment of ours.
package typealias PaymentID = Identifier<Subjects.Payment>
/// Stripe's event.
package typealias EventID = Identifier<Subjects.Event>
/// Stripe's customer.
package typealias CustomerID = Identifier<Subjects.Customer>
/// Stripe's subscription.
package typealias SubscriptionID = Identifier<Subjects.Subscription>
/// Stripe's invoice.
package typealias InvoiceID = Identifier<Subjects.Invoice>
/// Stripe's payment intent.
package typealias PaymentIntentID = Identifier<Subjects.PaymentIntent>
/// Stripe's charge.
package typealias ChargeID = Identifier<Subjects.Charge>
/// Stripe's refund.
package typealias RefundID = Identifier<Subjects.Refund>
/// A customer's request for a refund.
package typealias RefundRequestID = Identifier<Subjects.RefundRequest>
/// A refund as this system calls it.
package typealias OwnRefundID = Identifier<Subjects.OwnRefund>
/// Stripe's dispute.
package typealias DisputeID = Identifier<Subjects.Dispute>
/// Stripe's checkout session.
package typealias CheckoutSessionID = Identifier<Subjects.CheckoutSession>
/// Stripe's price.
package typealias PriceID = Identifier<Subjects.Price>
/// A command to the VM controller.
package typealias CommandID = Identifier<Subjects.Command>
