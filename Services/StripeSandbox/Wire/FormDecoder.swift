/// Decodes `application/x-www-form-urlencoded` text with Rack's nesting: `a=1`, `a[b]=1`, `a[]=1`, `a[0][b]=1`, `a[][b]=1`.
enum FormDecoder {
    /// The parameters by name.
    ///
    /// - Throws: `APIError` 400 when a key is malformed, nests deeper than 16 levels, conflicts with an earlier one, or text is not UTF-8.
    static func decode(_ text: some StringProtocol) throws(APIError) -> [String: FormValue] {
        var root = FormValue.hash([:])
        for pair in text.split(separator: "&", omittingEmptySubsequences: true) {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let key = try unescape(halves[0])
            let value = try unescape(halves.count == 2 ? halves[1] : "")
            try insert(value, at: try path(of: key)[...], into: &root, key: key)
        }
        if case .hash(let members) = root { return members }
        return [:]
    }

    /// `+` is a space and `%xx` a byte; the bytes must be UTF-8.
    static func unescape(_ text: some StringProtocol) throws(APIError) -> String {
        var bytes: [UInt8] = []
        var iterator = text.utf8.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = iterator.next().flatMap(digit), let low = iterator.next().flatMap(digit) else {
                    throw APIError.invalidRequest("Invalid percent-encoding in the request's parameters.")
                }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw APIError.invalidRequest("The request's parameters are not valid UTF-8.")
        }
        return decoded
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8($0) }
    }

    private static func path(of key: String) throws(APIError) -> [String] {
        guard let open = key.firstIndex(of: "[") else { return [key] }
        var segments = [String(key[..<open])]
        var rest = key[open...]
        while !rest.isEmpty {
            guard rest.first == "[", let close = rest.firstIndex(of: "]") else { throw malformed(key) }
            segments.append(String(rest[rest.index(after: rest.startIndex)..<close]))
            rest = rest[rest.index(after: close)...]
        }
        // 16 levels are far beyond Stripe's deepest parameter and keep the recursion below shallow.
        guard segments[0] != "", segments.count <= 16, !segments.contains(where: { $0.contains("[") }) else { throw malformed(key) }
        return segments
    }

    private static func insert(_ value: String, at path: ArraySlice<String>, into node: inout FormValue, key: String) throws(APIError) {
        guard let segment = path.first else {
            node = .text(value)
            return
        }
        let rest = path.dropFirst()
        if segment.isEmpty {
            var elements: [FormValue] = []
            if case .list(let present) = node { elements = present } else if node != .hash([:]) { throw malformed(key) }
            if let next = rest.first, case .hash(let last)? = elements.last, last[next] == nil {
                try insert(value, at: rest, into: &elements[elements.count - 1], key: key)
            } else {
                var element = FormValue.hash([:])
                try insert(value, at: rest, into: &element, key: key)
                elements.append(element)
            }
            node = .list(elements)
        } else {
            guard case .hash(var members) = node, rest.isEmpty == false || members[segment] == nil else { throw malformed(key) }
            try insert(value, at: rest, into: &members[segment, default: .hash([:])], key: key)
            node = .hash(members)
        }
    }

    private static func malformed(_ key: String) -> APIError {
        .invalidRequest("Invalid parameter nesting: \(key.prefix(80))", param: String(key.prefix(80)))
    }
}
