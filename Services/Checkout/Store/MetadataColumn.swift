import Models
import Postgres

/// Stripe's metadata as a `jsonb` column named `metadata`.
extension Row {
    func metadata() throws -> [String: String] { try WireJSON.decode([String: String].self, from: get("metadata", as: JSON.self).bytes) }
}

extension JSON {
    init(metadata: [String: String]) throws { self.init(bytes: try WireJSON.encode(metadata)) }
}
