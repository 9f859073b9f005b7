package import Foundation
package import Models

/// A Stripe event, decoded from its raw bytes, whichever API version wrote it.
package struct StripeEventEnvelope: Sendable, Hashable {
    /// Stripe's id of the event; the same in every delivery.
    package var id: EventID
    /// Such as `invoice.paid`; an open set.
    package var type: String
    /// When the change happened, whole seconds; orders nothing within a second.
    package var created: Date
    /// The version that the object is written in.
    package var apiVersion: String?
    /// Whether real money moved.
    package var livemode: Bool
    /// The connected account it happened in; nil in one's own.
    package var account: String?
    /// The id of the object inside; nil for the few that have none, such as `invoice.upcoming` before 2025-03-31.
    package var objectID: String?
    /// The object, where its kind is used here.
    package var object: StripeObject?
    /// Why `object` is nil although its kind is used here; names the member at fault, never a value.
    package var undecodable: String?

    /// Decodes an event. Throws `StripeError` of kind `notAnEvent` for bytes that are not JSON, nest too deep, or lack what every event
    /// has. An object that cannot be decoded is no error: the event is kept and says so in `undecodable`.
    package init(json: [UInt8]) throws(StripeError) {
        do {
            self = try StripeJSON.decode(Payload.self, from: json).envelope
        } catch {
            throw StripeError(.notAnEvent, message: error.message)
        }
    }

    private struct Payload: Decodable {
        let envelope: StripeEventEnvelope

        init(from decoder: any Decoder) throws { envelope = try StripeEventEnvelope(Fields(decoder)) }
    }

    private init(_ event: Fields) throws {
        guard try event.text("object") == "event", let object = try event.object("data")?.object("object") else {
            throw StripeError(.notAnEvent, message: "no event with an object")
        }
        id = try event.required("id", event.id("id"))
        type = try event.required("type", event.text("type"))
        created = try event.required("created", event.time("created"))
        apiVersion = try event.text("api_version")
        livemode = try event.required("livemode", event.flag("livemode"))
        account = try event.text("account")
        objectID = try? object.text("id")
        do {
            self.object = try StripeObject(object, inEventOf: type)
        } catch {
            undecodable = StripeJSON.reason(for: error)
        }
    }
}

extension StripeObject {
    /// The object of an event of that type; nil when the type carries none that is used here. What an event is about is all of its
    /// type but the last word; `invoice.upcoming` is a preview of an invoice that does not exist.
    fileprivate init?(_ fields: Fields, inEventOf type: String) throws {
        guard type != "invoice.upcoming", let dot = type.lastIndex(of: ".") else { return nil }
        switch type[..<dot] {
        case "customer":
            var customer: CustomerFacts = try fields.expect()
            // The object is the customer as it was; only the type of the event says that it is gone.
            if type == "customer.deleted" { customer.deleted = true }
            self = .customer(customer)
        case "customer.subscription": self = .subscription(try fields.expect())
        case "invoice": self = .invoice(try fields.expect())
        case "invoice_payment": self = .invoicePayment(try fields.expect())
        case "payment_intent": self = .paymentIntent(try fields.expect())
        case "charge": self = .charge(try fields.expect())
        case "refund", "charge.refund": self = .refund(try fields.expect())
        case "charge.dispute": self = .dispute(try fields.expect())
        case "checkout.session": self = .checkoutSession(try fields.expect())
        default: return nil
        }
    }
}

extension Fields {
    fileprivate func expect<Resource: StripeResource>(_ type: Resource.Type = Resource.self) throws -> Resource {
        guard try text("object") == Resource.objectName else {
            throw StripeError(.notAnEvent, message: "object is not \(Resource.objectName)")
        }
        return try Resource(stripe: self)
    }
}
