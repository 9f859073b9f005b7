/// The object inside a Stripe event, as far as this system uses it, free of API versions.
package enum StripeObject: Sendable, Hashable {
    case customer(CustomerFacts)
    case subscription(SubscriptionFacts)
    case invoice(InvoiceFacts)
    case invoicePayment(InvoicePaymentFacts)
    case paymentIntent(PaymentIntentFacts)
    case charge(ChargeFacts)
    case checkoutSession(CheckoutSessionFacts)
    case refund(RefundFacts)
    case dispute(DisputeFacts)

    /// Stripe's customer behind the object, where the object names one.
    package var customerID: CustomerID? {
        switch self {
        case .customer(let facts): facts.id
        case .subscription(let facts): facts.customerID
        case .invoice(let facts): facts.customerID
        case .invoicePayment: nil
        case .paymentIntent(let facts): facts.customerID
        case .charge(let facts): facts.customerID
        case .checkoutSession(let facts): facts.customerID
        case .refund, .dispute: nil
        }
    }

    /// `metadata.user_id` of the object itself. Anybody who writes to the account can put anything there: whether it is believed is decided
    /// by what else the object says.
    package var userID: UserID? {
        switch self {
        case .customer(let facts): facts.userID
        case .subscription(let facts): facts.userID
        case .invoice(let facts): facts.userID
        case .invoicePayment, .charge, .refund, .dispute: nil
        case .paymentIntent(let facts): facts.userID
        case .checkoutSession(let facts): facts.userID
        }
    }
}

extension StripeObject {
    /// Which installation of this system made the object; nil where it does not say.
    package var installation: String? {
        switch self {
        case .customer(let facts): facts.installation
        case .subscription(let facts): facts.installation
        case .invoice(let facts): facts.metadata?["installation"]
        case .paymentIntent(let facts): facts.metadata?["installation"]
        case .charge(let facts): facts.metadata?["installation"]
        case .checkoutSession(let facts): facts.installation
        case .invoicePayment, .refund, .dispute: nil
        }
    }

    /// The plan that the object's own metadata name, which checkout writes beside the user.
    package var openedFor: Plan? {
        switch self {
        case .subscription(let facts): facts.openedFor
        case .invoice(let facts): facts.openedFor
        case .paymentIntent(let facts): facts.metadata?["plan_id"].flatMap(Plan.init(rawValue:))
        case .checkoutSession(let facts): facts.plan
        case .customer, .invoicePayment, .charge, .refund, .dispute: nil
        }
    }
}

extension StripeObject: Codable {
    private enum Kind: String, CodingKey, CaseIterable {
        case customer, subscription, invoice, invoicePayment, paymentIntent, charge, checkoutSession, refund, dispute
    }

    /// Reads the one key that is present: `{"invoice": {…}}`.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Kind.self)
        guard let kind = container.allKeys.first, container.allKeys.count == 1 else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "exactly one kind of object expected"))
        }
        self =
            switch kind {
            case .customer: .customer(try container.decode(CustomerFacts.self, forKey: kind))
            case .subscription: .subscription(try container.decode(SubscriptionFacts.self, forKey: kind))
            case .invoice: .invoice(try container.decode(InvoiceFacts.self, forKey: kind))
            case .invoicePayment: .invoicePayment(try container.decode(InvoicePaymentFacts.self, forKey: kind))
            case .paymentIntent: .paymentIntent(try container.decode(PaymentIntentFacts.self, forKey: kind))
            case .charge: .charge(try container.decode(ChargeFacts.self, forKey: kind))
            case .checkoutSession: .checkoutSession(try container.decode(CheckoutSessionFacts.self, forKey: kind))
            case .refund: .refund(try container.decode(RefundFacts.self, forKey: kind))
            case .dispute: .dispute(try container.decode(DisputeFacts.self, forKey: kind))
            }
    }

    /// Writes one key that names the kind.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Kind.self)
        switch self {
        case .customer(let facts): try container.encode(facts, forKey: .customer)
        case .subscription(let facts): try container.encode(facts, forKey: .subscription)
        case .invoice(let facts): try container.encode(facts, forKey: .invoice)
        case .invoicePayment(let facts): try container.encode(facts, forKey: .invoicePayment)
        case .paymentIntent(let facts): try container.encode(facts, forKey: .paymentIntent)
        case .charge(let facts): try container.encode(facts, forKey: .charge)
        case .checkoutSession(let facts): try container.encode(facts, forKey: .checkoutSession)
        case .refund(let facts): try container.encode(facts, forKey: .refund)
        case .dispute(let facts): try container.encode(facts, forKey: .dispute)
        }
    }
}
