/// A JSON value that is stored as its text, since only that keeps the order of its members.
struct JSONText: Codable, Sendable {
    let json: JSON

    init(_ json: JSON) { self.json = json }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let json = JSON(parsing: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "The text is not JSON.")
        }
        self.json = json
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(json.pretty)
    }
}
