/// A value that is written as `null` where there is none, instead of being left out.
@propertyWrapper
package struct Null<Value: Encodable & Sendable>: Encodable, Sendable {
    /// The value.
    package var wrappedValue: Value?

    package init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

    /// Writes the value, or null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let wrappedValue { try container.encode(wrappedValue) } else { try container.encodeNil() }
    }
}
