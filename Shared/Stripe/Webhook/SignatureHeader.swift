/// The parts of a `Stripe-Signature` header: `t=<unix seconds>,v1=<64 hex>[,v1=…][,v0=…]`.
struct SignatureHeader {
    /// 1 KiB: five signatures need a third of it.
    static let longest = 1024
    /// Stripe sends one per live secret, two while one is rolled.
    static let mostSignatures = 5

    /// The digits as they stand, since they are part of what is signed.
    let timestampText: Substring
    let timestamp: Int64
    /// Each 32 bytes long, in the header's order.
    let signatures: [[UInt8]]

    /// Nil unless the header is exactly so. Schemes other than `t` and `v1` are skipped, as Stripe asks.
    init?(_ text: String) {
        guard text.utf8.count <= Self.longest else { return nil }
        var time: Substring?
        var signatures: [[UInt8]] = []
        for element in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let equals = element.firstIndex(of: "=") else { return nil }
            let value = element[element.index(after: equals)...]
            switch element[..<equals] {
            case "t":
                guard time == nil else { return nil }
                time = value
            case "v1":
                guard value.utf8.count == 64, let bytes = Hex.decode(value.utf8) else { return nil }
                signatures.append(bytes)
            case let scheme:
                // A space or a sign in a name shows that somebody has put headers together.
                guard !scheme.isEmpty, scheme.utf8.allSatisfy(Self.isNameByte) else { return nil }
            }
        }
        // 15 digits reach past any clock and cannot overflow a difference.
        guard let time, (1...15).contains(time.utf8.count), time.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let seconds = Int64(time), (1...Self.mostSignatures).contains(signatures.count)
        else { return nil }
        timestampText = time
        timestamp = seconds
        self.signatures = signatures
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_")
    }
}
