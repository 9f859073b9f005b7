package import Messages
package import Models
package import Postgres

// Values of Models and Messages as columns: each is stored as its text.

extension Identifier: PostgresEncodable, PostgresDecodable, PostgresArrayElement {}
extension AccessLevel: PostgresEncodable, PostgresDecodable {}
extension PaymentStatus: PostgresEncodable, PostgresDecodable {}
extension Plan: PostgresEncodable, PostgresDecodable {}
extension ServiceName: PostgresEncodable {}
extension SubscriptionStatus: PostgresEncodable, PostgresDecodable {}

extension JSON {
    /// A value as this system writes JSON everywhere.
    package init(encoding value: some Encodable) throws {
        self.init(bytes: try WireJSON.encode(value))
    }
}
