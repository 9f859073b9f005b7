import Foundation
import JWTKit
import Models
import TestKit
import Testing

@testable import ServiceKit

@Suite("Tokens signed with private keys")
struct PublicKeyTests {
    private static let rsa = Result { try Insecure.RSA.PrivateKey(pem: rsaPEM) }
    private static let elliptic = ES256PrivateKey()
    private static let edwards = Result { try EdDSA.PrivateKey(curve: .ed25519) }

    private func algorithm(_ add: (JWTKeyCollection) async throws -> Void) async throws -> any JWTAlgorithm {
        let keys = JWTKeyCollection()
        try await add(keys)
        return try await keys.getKey()
    }

    private func authenticator() throws -> Authenticator {
        let settings = Settings(["AUTH_JWKS": try keySet()])
        let authenticator = Authenticator(settings: settings, logger: Tokens.quiet, now: { Tokens.now })
        try settings.validate()
        return authenticator
    }

    private func keySet() throws -> String {
        let (modulus, exponent) = try Self.rsa.get().publicKey.getKeyPrimitives()
        let point = Self.elliptic.publicKey.parameters!
        return """
            {"keys": [
              {"kty": "RSA", "kid": "r", "alg": "RS256", "use": "sig", "n": "\(Base64URL.encode(modulus))", "e": "\(Base64URL.encode(exponent))"},
              {"kty": "EC", "kid": "e", "crv": "P-256", "x": "\(url(point.x))", "y": "\(url(point.y))"},
              {"kty": "OKP", "kid": "o", "crv": "Ed25519", "alg": "EdDSA", "x": "\(Base64URL.encode(try Self.edwards.get().publicKey.rawRepresentation))"},
              {"kty": "oct", "kid": "s", "k": "AAAA"}, {"kty": "unheard-of"}
            ]}
            """
    }

    private func url(_ text: String) -> String {
        text.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    @Test("RS256, ES256 and EdDSA are accepted from the key set")
    func accepted() async throws {
        let authenticator = try authenticator()
        try await authenticator.prepare()
        let keys = [
            ("RS256", "r", try await algorithm { await $0.add(rsa: try Self.rsa.get(), digestAlgorithm: .sha256) }),
            ("ES256", "e", try await algorithm { await $0.add(ecdsa: Self.elliptic) }),
            ("EdDSA", "o", try await algorithm { await $0.add(eddsa: try Self.edwards.get()) }),
        ]
        for (name, kid, key) in keys {
            for header in [#"{"alg":"\#(name)","kid":"\#(kid)"}"#, #"{"alg":"\#(name)"}"#] {
                let token = try Tokens.signed(Tokens.claims(), header: header, with: key)
                #expect(try await authenticator.identity(of: token).userID == "user_1")
            }
            let stranger = try Tokens.signed(Tokens.claims(), header: #"{"alg":"\#(name)","kid":"unknown"}"#, with: key)
            await #expect(throws: APIError.unauthenticated) { try await authenticator.identity(of: stranger) }
            let confused = try Tokens.signed(Tokens.claims(), header: #"{"alg":"HS256","kid":"\#(kid)"}"#, with: key)
            await #expect(throws: APIError.unauthenticated) { try await authenticator.identity(of: confused) }
        }
    }

    @Test("a file of keys is read again when it has changed, and a broken one leaves the keys as they were")
    func rotated() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: file) }
        let (first, second) = (ES256PrivateKey(), ES256PrivateKey())
        try keySet(of: first).write(to: file, atomically: true, encoding: .utf8)
        let settings = Settings(["AUTH_JWKS_FILE": file.path])
        let authenticator = Authenticator(settings: settings, logger: Tokens.quiet, now: { Tokens.now })
        try settings.validate()
        var tokens: [String] = []
        for key in [first, second] {
            tokens.append(
                try Tokens.signed(Tokens.claims(), header: #"{"alg":"ES256"}"#, with: await algorithm { await $0.add(ecdsa: key) }))
        }
        #expect(try await authenticator.identity(of: tokens[0]).userID == "user_1")
        await #expect(throws: APIError.unauthenticated) { try await authenticator.identity(of: tokens[1]) }
        try "{".write(to: file, atomically: false, encoding: .utf8)
        // lint:allow sleep because the file is looked at once a second, and only after that look does the old key prove anything
        try await Task.sleep(for: .milliseconds(1100))
        #expect(try await authenticator.identity(of: tokens[0]).userID == "user_1")
        try keySet(of: second).write(to: file, atomically: true, encoding: .utf8)
        try await eventually("the new key is known") { (try? await authenticator.identity(of: tokens[1]).userID) == "user_1" }
        await #expect(throws: APIError.unauthenticated) { try await authenticator.identity(of: tokens[0]) }
    }

    private func keySet(of key: ES256PrivateKey) throws -> String {
        let point = try #require(key.publicKey.parameters)
        return #"{"keys": [{"kty": "EC", "kid": "e", "crv": "P-256", "x": "\#(url(point.x))", "y": "\#(url(point.y))"}]}"#
    }

    @Test("HS256 made with the bytes of a public key is refused")
    func confusion() async throws {
        let authenticator = try authenticator()
        let (modulus, _) = try Self.rsa.get().publicKey.getKeyPrimitives()
        for secret in [
            try Self.rsa.get().publicKey.pemRepresentation, Base64URL.encode(modulus), Self.elliptic.publicKey.pemRepresentation,
        ] {
            for kid in ["r", "e", "o", "s"] {
                let token = try await Tokens.signed(Tokens.claims(), header: #"{"alg":"HS256","kid":"\#(kid)"}"#, secret: secret)
                await #expect(throws: APIError.unauthenticated) { try await authenticator.identity(of: token) }
            }
        }
    }

    @Test("RS384, PS256 and keys of another size or use are refused")
    func others() async throws {
        let authenticator = try authenticator()
        let sha384 = try await algorithm { await $0.add(rsa: try Self.rsa.get(), digestAlgorithm: .sha384) }
        for name in ["RS256", "RS384", "PS256"] {
            let token = try Tokens.signed(Tokens.claims(), header: #"{"alg":"\#(name)","kid":"r"}"#, with: sha384)
            await #expect(throws: APIError.unauthenticated) { try await authenticator.identity(of: token) }
        }
        let (modulus, _) = try Self.rsa.get().publicKey.getKeyPrimitives()
        for key in [
            #"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#, #"{"kty":"RSA","alg":"PS256","n":"\#(Base64URL.encode(modulus))","e":"AQAB"}"#,
            #"{"kty":"RSA","use":"enc","n":"\#(Base64URL.encode(modulus))","e":"AQAB"}"#, #"{"kty":"EC","crv":"P-521","x":"AA","y":"AA"}"#,
        ] {
            let settings = Settings(["AUTH_JWKS": #"{"keys":[\#(key)]}"#])
            _ = Authenticator(settings: settings, logger: Tokens.quiet, now: { Tokens.now })
            #expect(throws: SettingsError.self) { try settings.validate() }
        }
    }
}

/// Made for these tests and used nowhere else.
private let rsaPEM = """
    -----BEGIN PRIVATE KEY-----
    MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCy4qgCxej22Y3X
    Jo7/JbGmtNdQiIt3U7iq1zL2O/hygZTe5p0Sg1hs7K5TJc8+OLJFJ8LpTONGjnwE
    0A+BsQtVozI/rly0fALwv6+A+NFrWbvnA4Oe2WH9oWhPY0iNqTiCpJnPfXMPtjjt
    rlwRCWSFwBM+o+Ddv4UQuLlySlIbDRPn1EdWB8zcKvFwqc+YLIkbtyvZkqamXLOs
    Uy9y1ax5GF8q9qmPsaoyvHDuz0v8MsQwEX7O8JSkpAKrCpgy5R9uwpLYFF3PO3cs
    +os/GUGSfMbWwyqCUYrE1RltCe10LR33i1/p2tn3MCYgedJPv2nS8LyEi3t2A9RZ
    /kge81/FAgMBAAECggEABN/i2ih+LWGP/cYvo6UgTuI1PGYi/seS1RhhkCEGgtu2
    iBhs85jo9GAL2ubBSWbp046Z9hnUIDfvLqZkNchgR2hqDNXnX2DUlWVzzZPDUkpF
    RBvbsQqVbAAMaFVm+3HRLtPltsy8w8nXQLiGnN+p73BADNukW71qKP4PpVQSj9b1
    JGEnEIDaUjOTUlzQGrUyYyySYYdu+08sGQH8ZzK9YJDRchmiZxJH9wt2dWCMj3p5
    nv+0js+IMiyUFxBz9B8B6muUVO+VoDABj64RygkbT43iryw7lN3NUCqcNyUjFjhl
    v36n+YYi9tdpKhQDUZ1fSG2FMPHBOrfzAHqp1kjt4QKBgQD8JagSB7p6gFrOlbZK
    PAyZ2cGhyWnxjlJYJW4MFziarjoxDgLAo5r67gd8WIrt5X8CyGYBIDnzadKvtvxQ
    /Ty7Yb9Oi/CiZMNnrlz+OHSr2HYXvq65S8L23ju7YuZ9Dg8GeOPbhT45ol1ODrtd
    KZr++Cp99eaoznZ8kSVP4EtzrQKBgQC1nmqKynllVZT7KBgr9Wcvhupmw7LssEZn
    Nvn81QeeKzYH2crxR1L3vEz0oWK+8ohEAmtF3cz9wI2gKsHuqSlL/Sco8kWlSn5c
    6CcELKppmntV4ch7dWQZsMCCGJtotZDLrcdQbx8q1GQYoQFyZZZqJWKCBzppskxS
    vzWRiF7feQKBgA7onxZp1JHXswbR/VRIVqpmILfTM+tvcdj6ZZZbbSJgONqbrHf9
    dHVvy4uDpLtKPYdJmBZq9GI7GJUBKcwUHRorPmeDiLfhY1hnC+KQLf3XL6xZvvT/
    0MhN/ZQn1d8BDMxiK37YUwSPYBr0bgmlIx/+RmzqNDg49PKKln0xkuSFAoGBAKMG
    FuaMRpmiT39+huv2dO/hb8hcw9/XfuqpG45KfnMIoJA9fABGIIBFYuJ3dtalh5Fc
    hoQJSzc/PyFVIA0lhO8zxpHnnoJ3MqQcsuD5YuI2C52UdMv1HKw+zx44Dk/YIqfh
    Tjax+E0OpubApzbTX0faVOkYqeM0a3QfNGt0+IwpAoGAZs3Q3J4MgW59Alr87Rq+
    oMb0kkdS72wRw3lrUaK7zJN6NmTGeKrBkk1eP0AQ6KwjXmHy3OxvYBRlSPl5j/2C
    n1yZ9KOOgIVLs7erK0LOwca68hnPSgOxSR/hvbDuo0sh3RDDWFeFv5Evi0UGjECh
    kmCV/Emc7XXQo0gfO6kEjn0=
    -----END PRIVATE KEY-----
    """
