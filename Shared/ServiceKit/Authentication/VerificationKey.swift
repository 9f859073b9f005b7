import Foundation
import JWTKit
import Synchronization

/// One key that tokens may be signed with, and the one algorithm it is for.
final class VerificationKey: Sendable {
    private enum Material {
        case secret(String)
        case publicKey(JWK)
    }

    private let name: String
    private let keyID: String?
    private let material: Material
    private let ready = Mutex<(any JWTAlgorithm)?>(nil)

    private init(_ name: String, keyID: String?, _ material: Material) {
        self.name = name
        self.keyID = keyID
        self.material = material
    }

    /// The HS256 key of a shared secret.
    static func secret(_ text: String) -> VerificationKey {
        VerificationKey("HS256", keyID: nil, .secret(text))
    }

    /// A public key of RSA (2,048 bits at least), P-256 or Ed25519; nil for a key of another kind, or for another algorithm.
    static func publicKey(_ key: JWK) -> VerificationKey? {
        let name: String
        switch key.keyType {
        case .rsa where Base64URL.decode((key.modulus ?? "").utf8)?.count ?? 0 >= 256: name = "RS256"
        case .ecdsa where key.curve?.rawValue == "P-256": name = "ES256"
        case .octetKeyPair where key.curve?.rawValue == "Ed25519": name = "EdDSA"
        default: return nil
        }
        if let stated = key.algorithm, stated.rawValue != name { return nil }
        return VerificationKey(name, keyID: key.keyIdentifier?.string, .publicKey(key))
    }

    /// Whether a token that names this algorithm and key may be checked with this key at all.
    func mayVerify(_ form: TokenForm) -> Bool {
        guard form.algorithm == name else { return false }
        guard let keyID, let named = form.keyID else { return true }
        return keyID == named
    }

    /// Whether the token was signed with this key.
    func verifies(_ form: TokenForm) async -> Bool {
        guard let algorithm = try? await algorithm() else { return false }
        return (try? algorithm.verify(form.signature, signs: form.signed)) ?? false
    }

    /// The same without waiting; false also while the key is not ready.
    func verifiesAtOnce(_ form: TokenForm) -> Bool {
        guard let algorithm = ready.withLock({ $0 }) else { return false }
        return (try? algorithm.verify(form.signature, signs: form.signed)) ?? false
    }

    /// The algorithm with its key; made at first use, because the library makes it in an actor.
    func algorithm() async throws -> any JWTAlgorithm {
        if let algorithm = ready.withLock({ $0 }) { return algorithm }
        let collection = JWTKeyCollection()
        switch material {
        case .secret(let text): await collection.add(hmac: HMACKey(from: text), digestAlgorithm: .sha256)
        case .publicKey(var key):
            key.algorithm = JWK.Algorithm(rawValue: name)
            key.keyIdentifier = JWKIdentifier(string: keyID ?? "only")
            try await collection.add(jwk: key)
        }
        let algorithm = try await collection.getKey(alg: name)
        ready.withLock { $0 = algorithm }
        return algorithm
    }
}
