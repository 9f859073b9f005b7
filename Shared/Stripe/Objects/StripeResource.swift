import Foundation

/// A value that is decoded from one kind of Stripe object, in any API version.
protocol StripeResource: Sendable {
    /// What the object says it is in `object`.
    static var objectName: String { get }
    /// Whether the object says which mode it lives in. A refund does not: there the key that it was read with must do.
    static var statesMode: Bool { get }
    /// Reads the members that are used.
    init(stripe fields: Fields) throws
}

extension StripeResource {
    /// Nearly every object does.
    static var statesMode: Bool { true }
}

/// A resource on the wire: its value and the mode it lives in.
///
/// Throws unless `object` is what the resource calls itself: an answer of another kind is not believed.
struct Wire<Resource: StripeResource>: Decodable, Sendable {
    let value: Resource
    let id: String
    /// Nil when the object does not say, as a deleted one does not.
    let livemode: Bool?
    let isDeleted: Bool

    init(from decoder: any Decoder) throws {
        let fields = try Fields(decoder)
        guard try fields.text("object") == Resource.objectName else {
            throw StripeError(.badResponse, message: "object is not \(Resource.objectName)")
        }
        value = try Resource(stripe: fields)
        id = try fields.required("id", fields.text("id"))
        livemode = try fields.flag("livemode")
        isDeleted = try fields.flag("deleted") ?? false
    }

    /// The value, if it lives in the expected mode; else throws `badResponse`.
    func value(livemode expected: Bool) throws(StripeError) -> Resource {
        guard livemode == expected || (livemode == nil && (isDeleted || !Resource.statesMode)) else {
            throw StripeError(.badResponse, message: "\(Resource.objectName) of the wrong livemode")
        }
        return value
    }
}
