import Foundation
import Models

/// The members of one JSON object from Stripe, read by name.
///
/// Missing, null and empty text are all nil, unknown members are ignored, an id may stand for itself or be expanded to its object; a
/// member of an impossible type throws. U+0000 in text becomes U+FFFD, since PostgreSQL cannot store it.
struct Fields {
    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private let container: KeyedDecodingContainer<Name>

    init(_ decoder: any Decoder) throws { container = try decoder.container(keyedBy: Name.self) }

    private init(_ container: KeyedDecodingContainer<Name>) { self.container = container }

    func text(_ name: String) throws -> String? {
        guard let text = try container.decodeIfPresent(String.self, forKey: Name(stringValue: name)), !text.isEmpty else { return nil }
        return Self.storable(text)
    }

    private static func storable(_ text: String) -> String {
        text.utf8.contains(0) ? text.replacingOccurrences(of: "\u{0}", with: "\u{FFFD}") : text
    }

    func integer(_ name: String) throws -> Int64? { try container.decodeIfPresent(Int64.self, forKey: Name(stringValue: name)) }

    func flag(_ name: String) throws -> Bool? { try container.decodeIfPresent(Bool.self, forKey: Name(stringValue: name)) }

    /// Whole seconds since 1970.
    func time(_ name: String) throws -> Date? { try integer(name).map { Date(timeIntervalSince1970: TimeInterval($0)) } }

    /// The text of an id, or of that of the object it was expanded to.
    func reference(_ name: String) throws -> String? { if let object = try object(name) { try object.text("id") } else { try text(name) } }

    /// The same, typed by what it identifies.
    func id<Subject>(_ name: String) throws -> Identifier<Subject>? { try reference(name).map(Identifier.init(rawValue:)) }

    /// The member if it is an object; nil when it is absent or anything else, such as an id that was not expanded.
    func object(_ name: String) throws -> Fields? {
        let key = Name(stringValue: name)
        guard container.contains(key), try !container.decodeNil(forKey: key) else { return nil }
        return (try? container.nestedContainer(keyedBy: Name.self, forKey: key)).map(Fields.init)
    }

    /// The rows of a list object (`{"data": […]}`); empty when it is absent.
    func rows(_ name: String) throws -> [Fields] { try object(name)?.elements("data") ?? [] }

    /// The objects of an array; nil when it is absent.
    func elements(_ name: String) throws -> [Fields]? {
        let key = Name(stringValue: name)
        guard container.contains(key), try !container.decodeNil(forKey: key) else { return nil }
        var rows = try container.nestedUnkeyedContainer(forKey: key)
        var found: [Fields] = []
        while !rows.isAtEnd { found.append(Fields(try rows.nestedContainer(keyedBy: Name.self))) }
        return found
    }

    /// A list of strings; empty when it is absent.
    func texts(_ name: String) throws -> [String] {
        try container.decodeIfPresent([String].self, forKey: Name(stringValue: name)) ?? []
    }

    /// The ids in an array, each as itself or as that of the object it was expanded to; nil when it is absent.
    func references(_ name: String) throws -> [String]? {
        let key = Name(stringValue: name)
        guard container.contains(key), try !container.decodeNil(forKey: key) else { return nil }
        if let ids = try? container.decode([String].self, forKey: key) { return ids.map(Self.storable) }
        return try elements(name)?.compactMap { try $0.text("id") }
    }

    func number(_ name: String) throws -> Double? { try container.decodeIfPresent(Double.self, forKey: Name(stringValue: name)) }

    /// `value` or, when it is nil, an error that names the member.
    func required<Value>(_ name: String, _ value: Value?) throws -> Value {
        if let value { return value }
        throw DecodingError.valueNotFound(
            Value.self, .init(codingPath: container.codingPath + [Name(stringValue: name)], debugDescription: "no value"))
    }

    /// `metadata`, as far as it may travel; nil when it is absent or empty. Values that are no text are nobody's metadata and left out.
    func metadata() throws -> [String: String]? {
        guard let metadata = try object("metadata") else { return nil }
        var entries: [String: String] = [:]
        for name in metadata.container.allKeys {
            guard let value = try? metadata.container.decode(String.self, forKey: name) else { continue }
            entries[Self.storable(name.stringValue)] = Self.storable(value)
        }
        return StripeMetadata.kept(entries)
    }

    /// `metadata[key]`.
    func metadata(_ key: String) throws -> String? { try object("metadata")?.text(key) }
}
