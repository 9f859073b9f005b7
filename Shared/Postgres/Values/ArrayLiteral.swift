/// Takes apart the text form of a one-dimensional array, `{1,NULL,"a,\"b\""}`.
enum ArrayLiteral {
    /// The unquoted text of each element, nil for NULL; nil altogether if the text is no such array.
    static func elements(of text: ArraySlice<UInt8>) -> [ArraySlice<UInt8>?]? {
        guard text.first == UInt8(ascii: "{"), text.last == UInt8(ascii: "}"), text.count >= 2 else { return nil }
        var rest = text.dropFirst().dropLast()
        var elements: [ArraySlice<UInt8>?] = []
        guard !rest.isEmpty else { return elements }
        while true {
            if rest.first == UInt8(ascii: "\"") {
                guard let element = quoted(&rest) else { return nil }
                elements.append(element)
            } else {
                let element = rest.prefix { $0 != UInt8(ascii: ",") }
                guard !element.isEmpty, !element.contains(UInt8(ascii: "{")) else { return nil }
                rest = rest[element.endIndex...]
                elements.append(element.elementsEqual("NULL".utf8) ? nil : element)
            }
            guard let separator = rest.popFirst() else { return elements }
            guard separator == UInt8(ascii: ",") else { return nil }
        }
    }

    /// The text between two quotes; a backslash makes the next character plain.
    private static func quoted(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        rest.removeFirst()
        var element: [UInt8] = []
        while let next = rest.popFirst() {
            switch next {
            case UInt8(ascii: "\""):
                return element[...]
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst() else { return nil }
                element.append(escaped)
            default:
                element.append(next)
            }
        }
        return nil
    }
}
