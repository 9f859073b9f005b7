package import Models
import Postgres

// Values of Models as columns: each is stored as its text.

extension Identifier: PostgresEncodable, PostgresDecodable, PostgresArrayElement {}
extension AccessLevel: PostgresEncodable, PostgresDecodable {}
extension PaymentStatus: PostgresEncodable, PostgresDecodable {}
extension Plan: PostgresEncodable, PostgresDecodable {}
extension SubscriptionStatus: PostgresEncodable, PostgresDecodable {}
