/// Words of a person in a request.
package enum FreeText {
    /// Throws a 400 that names `field` unless there are 1 to `most` characters, not all of them space, that PostgreSQL can store.
    package static func check(_ text: String, _ field: String, most: Int = 1000) throws {
        let isSaid = text.contains { !$0.isWhitespace }
        guard isSaid, text.unicodeScalars.count <= most, !text.utf8.contains(0) else {
            throw APIError.malformed("\(field) must have 1 to \(most) characters.", field: field, code: "invalid_field")
        }
    }
}
