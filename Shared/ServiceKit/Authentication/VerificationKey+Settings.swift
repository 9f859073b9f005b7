import Foundation
import JWTKit
import Logging

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

    /// The keys that the settings name: shared secrets, or the public keys of a JWK set.
    static func all(in settings: Settings, logger: Logger) -> KeyRing {
        let secrets = settings.secrets("AUTH_JWT_SECRET", minimumBytes: shortestSecret)
        let set = settings.optionalSecret("AUTH_JWKS")
        switch (secrets.isEmpty, set) {
        case (true, nil): settings.reject("AUTH_JWT_SECRET", because: "is missing, and AUTH_JWKS_FILE too (give one of them)")
        case (false, nil): return KeyRing(secrets.map { .secret($0) }, logger: logger)
        case (false, _): settings.reject("AUTH_JWT_SECRET", because: "is given together with AUTH_JWKS_FILE (give one of them)")
        case (true, let set?):
            switch publicKeys(Data(set.utf8)) {
            case .success(let keys): return KeyRing(keys, from: settings.file(of: "AUTH_JWKS"), logger: logger)
            case .failure(let fault): settings.reject("AUTH_JWKS_FILE", because: fault.rawValue)
            }
        }
        return KeyRing([], logger: logger)
    }

    /// What makes a JWK set useless.
    enum KeySetFault: String, Error {
        case form = "is not a JWK set"
        case keys = "holds no key for RS256 (2048 bits or more), ES256 or EdDSA"
    }

    /// The keys of a JWK set (RFC 7517) that tokens can be verified with here.
    static func publicKeys(_ json: Data) -> Result<[VerificationKey], KeySetFault> {
        guard (try? JSONParser.parse(Array(json))) != nil, let set = try? JSONDecoder().decode(KeySet.self, from: json) else {
            return .failure(.form)
        }
        let keys = set.keys.compactMap(\.key).compactMap(VerificationKey.publicKey)
        return keys.isEmpty ? .failure(.keys) : .success(keys)
    }
}
