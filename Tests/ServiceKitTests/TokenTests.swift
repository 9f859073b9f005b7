import Foundation
import JWTKit
import Models
import Testing

@testable import ServiceKit

@Suite("Bearer tokens")
struct TokenTests {
    private static let now = 1_800_000_000
    private static let strict = Authenticator(
        keys: Tokens.ring,
        rules: TokenRules(issuer: "https://issuer.example", audience: "payments", adminMaximumAge: 900), now: { Tokens.now })
    private static let open = Authenticator(
        keys: Tokens.ring, rules: TokenRules(issuer: nil, audience: nil, adminMaximumAge: 900), now: { Tokens.now })
    private static let right = #""iss":"https://issuer.example","aud":"payments""#

    @Test(
        "claims in order are accepted",
        arguments: [
            right, #""iss":"https://issuer.example","aud":["other","payments"]"#, right + #","nbf":1800000060"#,
            right + #","email":"a@b.example""#,
            right + #","role":"customer""#, right + #","nonce":"n""#, right + #","unknown":{"a":[1.5]}"#,
        ])
    func accepted(claims: String) async throws {
        let identity = try await Self.strict.identity(of: try await Tokens.signed(Tokens.claims(claims)))
        #expect(identity.userID == "user_1")
        #expect(identity.role == .customer)
    }

    @Test(
        "claims that are not in order are refused, though well signed",
        arguments: [
            "{}", "[]", "null", "\"sub\"", "", #"{"sub":"u"}"#, #"{"exp":1800000600}"#, #"{"sub":"","exp":1800000600}"#,
            #"{"sub":7,"exp":1800000600}"#, #"{"sub":"u","exp":1799999940}"#, #"{"sub":"u","exp":"1800000600"}"#,
            #"{"sub":"u","exp":1800000600.5}"#, #"{"sub":"u","exp":1.8e9}"#, #"{"sub":"u","exp":1e400}"#, #"{"sub":"u","exp":-1}"#,
            #"{"sub":"u","exp":null}"#, #"{"sub":"u","exp":true}"#, #"{"sub":"u","exp":99999999999999999999}"#,
            #"{"sub":"u","exp":1800000600,"nbf":1800000061}"#, #"{"sub":"u","exp":1800000600,"nbf":"0"}"#,
            #"{"sub":"u","exp":1800000600,"iat":1800000061}"#, #"{"sub":"u","exp":1800000600,"iat":"now"}"#,
            #"{"sub":"u","exp":1800000600,"role":["admin"]}"#, #"{"sub":"u","exp":1800000600,"role":1}"#,
            #"{"sub":"u","exp":1800000600,"role":"customer","role":"admin"}"#, #"{"sub":"u","sub":"v","exp":1800000600}"#,
            #"{"sub":"u","exp":1800000600,"\u0065xp":1}"#, #"{"sub":"u","exp":1800000600,"aud":7}"#,
            #"{"sub":"u","exp":1800000600,"aud":["a",7]}"#, #"{"sub":"u","exp":1800000600,"c_hash":"h"}"#,
            #"{"sub":"u","exp":1800000600,"at_hash":"h"}"#, #"{"sub":"u","exp":1800000600,"email":{}}"#,
            #"{"sub":"u\u0000","exp":1800000600}"#,
            #"{"sub":"a\nb","exp":1800000600}"#, #"{"sub":"u","exp":1800000600}x"#,
            #"{"sub":"\#(String(repeating: "u", count: 256))","exp":1800000600}"#,
        ])
    func refusedClaims(claims: String) async throws {
        let token = try await Tokens.signed(claims)
        await #expect(throws: APIError.unauthenticated) { try await Self.open.identity(of: token) }
    }

    @Test(
        "another issuer or audience is refused where one is set",
        arguments: [
            "", #""iss":"https://issuer.example""#, #""aud":"payments""#, #""iss":"https://other.example","aud":"payments""#,
            #""iss":"https://issuer.example/","aud":"payments""#, #""iss":"https://issuer.example","aud":"Payments""#,
            #""iss":"https://issuer.example","aud":[]"#, #""iss":"https://issuer.example","aud":["other"]"#,
        ])
    func strangers(claims: String) async throws {
        let token = try await Tokens.signed(Tokens.claims(claims))
        await #expect(throws: APIError.unauthenticated) { try await Self.strict.identity(of: token) }
    }

    @Test(
        "headers that ask for anything but HS256 with our key are refused, though signed with it",
        arguments: [
            #"{"alg":"none"}"#, #"{"alg":"None"}"#, #"{"alg":"nOnE"}"#, #"{"alg":""}"#, "{}", #"{"alg":null}"#, #"{"alg":"hs256"}"#,
            #"{"alg":"HS384"}"#, #"{"alg":"HS512"}"#, #"{"alg":"RS256"}"#, #"{"alg":"ES256"}"#, #"{"alg":["HS256"]}"#,
            #"{"alg":"none","alg":"HS256"}"#, #"{"alg":"HS256","crit":["exp"]}"#, #"{"alg":"HS256","crit":[]}"#,
            #"{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}}"#, #"{"alg":"HS256","jku":"https://evil.example/keys"}"#,
            #"{"alg":"HS256","x5u":"https://evil.example/cert"}"#, #"{"alg":"HS256","x5c":["AAAA"]}"#, #"{"alg":"HS256","b64":false}"#,
            #"{"alg":"HS256","zip":"DEF"}"#, #"{"alg":"HS256","typ":"secevent+jwt"}"#, #"{"alg":"HS256","typ":7}"#,
            #"{"alg":"HS256","kid":7}"#,
            #"{"alg":"HS256"} "trailing""#, #"[{"alg":"HS256"}]"#,
        ])
    func refusedHeaders(header: String) async throws {
        let token = try await Tokens.signed(Tokens.claims(), header: header)
        await #expect(throws: APIError.unauthenticated) { try await Self.open.identity(of: token) }
    }

    /// ADFS and Entra name the certificate of their key beside its id, and some write a `nonce` into the header (Microsoft identity platform,
    /// "Access tokens": x5t; RFC 7515, 4.1.7 and 4.1.8).
    @Test(
        "headers that only say more about a known key are accepted",
        arguments: [
            #""x5t":"AAAA""#, #""x5t#S256":"AAAA""#, #""nonce":"n","x5t":"AAAA","kid":"AAAA""#, #""typ":"at+jwt""#, #""typ":"JWT""#,
        ])
    func acceptedHeaders(members: String) async throws {
        let token = try await Tokens.signed(Tokens.claims(), header: #"{"alg":"HS256",\#(members)}"#)
        #expect(try await Self.open.identity(of: token).userID == "user_1")
    }

    @Test("while a secret is replaced tokens of both are accepted, and no others")
    func severalSecrets() async throws {
        let (old, new) = (String(repeating: "o", count: 32), String(repeating: "n", count: 32))
        let settings = Settings(["AUTH_JWT_SECRET": "\(new), \(old)"])
        let authenticator = Authenticator(settings: settings, logger: Tokens.quiet, now: { Tokens.now })
        try settings.validate()
        for secret in [old, new, "\(new), \(old)"] {
            let token = try await Tokens.signed(Tokens.claims(), secret: secret)
            #expect(try await authenticator.identity(of: token).userID == "user_1")
        }
        let token = try await Tokens.signed(Tokens.claims())
        await #expect(throws: APIError.unauthenticated) { try await authenticator.identity(of: token) }
        let short = Settings(["AUTH_JWT_SECRET": "\(new),short"])
        _ = Authenticator(settings: short, logger: Tokens.quiet, now: { Tokens.now })
        #expect(throws: SettingsError.self) { try short.validate() }
    }

    @Test("a key id that means nothing to a shared secret changes nothing", arguments: ["../../etc/passwd", "' OR 1=1 --", "a"])
    func keyID(kid: String) async throws {
        let token = try await Tokens.signed(Tokens.claims(), header: #"{"alg":"HS256","kid":"\#(kid)"}"#)
        #expect(try await Self.open.identity(of: token).userID == "user_1")
    }

    @Test("tokens whose form is broken are refused", arguments: 0..<15)
    func broken(number: Int) async throws {
        let token = try await Self.brokenForms()[number]
        await #expect(throws: APIError.unauthenticated) { try await Self.open.identity(of: token) }
    }

    private static func brokenForms() async throws -> [String] {
        let good = try await Tokens.customer()
        let parts = good.split(separator: ".").map(String.init)
        let (header, claims, signature) = (parts[0], parts[1], parts[2])
        let otherKey = try await Tokens.signed(Tokens.claims(), secret: "another-secret-of-forty-bytes-for-tests.").split(separator: ".")[2]
        let otherClaims = Base64URL.encode(Tokens.claims(sub: "user_2").utf8)
        let tooLong = try await Tokens.signed(Tokens.claims("\"pad\":\"" + String(repeating: "x", count: 64 * 1024) + "\""))
        return [
            "", ".", "..", "...", "\(header).\(claims)", "\(header).\(claims).", "\(good).", "\(good)=", "\(good).x", " \(good)",
            "\(header).\(claims).\(otherKey)", ".\(claims).\(signature)", "\(header)..\(signature)",
            "\(header).\(otherClaims).\(signature)", tooLong,
        ]
    }

    @Test("why one was refused is known to operators, and counted")
    func reasons() async throws {
        let rules = TokenRules(issuer: "i", audience: "a", adminMaximumAge: 900)
        let authenticator = Authenticator(keys: Tokens.ring, rules: rules, now: { Tokens.now })
        let cases: [(TokenRefusal, String)] = [
            (.malformed, "a.b"), (.unknownKey, try await Tokens.signed(Tokens.claims(), header: #"{"alg":"RS256"}"#)),
            (.signature, try await Tokens.signed(Tokens.claims(), secret: String(repeating: "x", count: 32))),
            (.claims, try await Tokens.signed("{}")), (.expired, try await Tokens.signed(#"{"sub":"u","exp":1}"#)),
            (.notYetValid, try await Tokens.signed(#"{"sub":"u","exp":1800000600,"nbf":1800000061}"#)),
            (.issuer, try await Tokens.signed(Tokens.claims(#""iss":"x","aud":"a""#))),
            (.audience, try await Tokens.signed(Tokens.claims(#""iss":"i","aud":"x""#))),
        ]
        for (reason, token) in cases {
            await #expect(throws: reason) { try await authenticator.judge(token) }
        }
        #expect(Set(cases.map(\.0)).union([.missing]) == Set(TokenRefusal.allCases))
    }

    @Test("an admin's token is an admin's only while it is fresh")
    func age() async throws {
        #expect(try await Self.open.identity(of: try await Tokens.admin()).role == .admin)
        #expect(try await Self.open.identity(of: try await Tokens.staleAdmin()).role == .staleAdmin)
        let ageless = try await Tokens.signed(#"{"sub":"a","role":"admin","exp":\#(Self.now + 60)}"#)
        #expect(try await Self.open.identity(of: ageless).role == .staleAdmin)
        for role in ["Admin", "ADMIN", "admin ", "superadmin"] {
            #expect(try await Self.open.identity(of: try await Tokens.signed(Tokens.claims(#""role":"\#(role)""#))).role == .customer)
        }
    }

    @Test("a token hides itself from descriptions and dumps")
    func hidden() async throws {
        let token = try await Tokens.customer()
        let identity = try await Self.open.identity(of: token)
        var dumped = ""
        dump(identity, to: &dumped)
        #expect(!"\(identity) \(String(reflecting: identity)) \(dumped)".contains(token))
        #expect(identity.token.text == token)
    }
}
