import Foundation
import JWTKit
import Logging

@testable import ServiceKit

/// Makes tokens, also ones that no library would make.
enum Tokens {
    static let secret = "a-secret-of-forty-bytes-for-these-tests."
    /// What services in tests hold for now.
    static let now = Date(timeIntervalSince1970: 1_800_000_000)
    private static let seconds = 1_800_000_000
    static let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    static let ring = KeyRing([.secret(secret)], logger: quiet)

    /// Claims of a customer that are in order.
    static func claims(_ changes: String = "", sub: String = "user_1") -> String {
        #"{"sub":"\#(sub)","exp":\#(seconds + 600),"iat":\#(seconds - 10)\#(changes.isEmpty ? "" : "," + changes)}"#
    }

    /// A token signed with the secret.
    static func signed(_ claims: String, header: String = #"{"alg":"HS256","typ":"JWT"}"#, secret: String = secret) async throws -> String {
        let keys = await JWTKeyCollection().add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256)
        return try await signed(claims, header: header, with: keys.getKey())
    }

    static func signed(_ claims: String, header: String, with key: any JWTAlgorithm) throws -> String {
        let content = Base64URL.encode(header.utf8) + "." + Base64URL.encode(claims.utf8)
        return content + "." + Base64URL.encode(try key.sign(Array(content.utf8)))
    }

    static func customer(_ user: String = "user_1") async throws -> String { try await signed(claims(sub: user)) }
    static func admin() async throws -> String { try await signed(claims(#""role":"admin""#, sub: "admin_1")) }
    static func staleAdmin() async throws -> String {
        try await signed(#"{"sub":"admin_1","role":"admin","exp":\#(seconds + 600),"iat":\#(seconds - 901)}"#)
    }

    static func bearer(_ token: String) -> [(String, String)] { [("Authorization", "Bearer \(token)")] }
}
