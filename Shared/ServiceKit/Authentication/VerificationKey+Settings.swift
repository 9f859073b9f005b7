import Foundation
import JWTKit

extension VerificationKey {
    /// A key of 32 bytes is as hard to guess as the hash it feeds (RFC 7518, section 3.2).
    private static let shortestSecret = 32

    private struct KeySet: Decodable {
        let keys: [Entry]
    }

    /// A key of a kind unknown here is left out: a set may serve others too.
    private struct Entry: Decodable {
        let key: JWK?

        private enum CodingKeys: CodingKey {
            case use
        }

        init(from decoder: any Decoder) throws {
            let use = try? decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(String.self, forKey: .use)
            key = use == nil || use == "sig" ? try? JWK(from: decoder) : nil
        }
    }

    /// The keys that the settings name: one shared secret, or the public keys of a JWK set.
    static func all(in settings: Settings) -> [VerificationKey] {
        let set = settings.optionalSecret("AUTH_JWKS")
        guard let secret = settings.optionalSecret("AUTH_JWT_SECRET", minimumBytes: shortestSecret) else {
            guard let set else {
                settings.reject("AUTH_JWT_SECRET", because: "is missing, and AUTH_JWKS_FILE too (give one of them)")
                return []
            }
            return publicKeys(set, settings)
        }
        guard set == nil else {
            settings.reject("AUTH_JWT_SECRET", because: "is given together with AUTH_JWKS_FILE (give one of them)")
            return []
        }
        return [.secret(secret)]
    }

    private static func publicKeys(_ json: String, _ settings: Settings) -> [VerificationKey] {
        guard (try? JSONParser.parse(Array(json.utf8))) != nil, let set = try? JSONDecoder().decode(KeySet.self, from: Data(json.utf8))
        else {
            settings.reject("AUTH_JWKS_FILE", because: "is not a JWK set")
            return []
        }
        let keys = set.keys.compactMap(\.key).compactMap(VerificationKey.publicKey)
        if keys.isEmpty {
            settings.reject("AUTH_JWKS_FILE", because: "holds no key for RS256 (2048 bits or more), ES256 or EdDSA")
        }
        return keys
    }
}
