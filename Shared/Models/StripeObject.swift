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

    /// The user that the object itself names (metadata or client reference).
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
