import HTTPTypes
package import Hummingbird
package import Messaging

extension Acting {
    /// Somebody who acts by a request, from the address that the gateway saw.
    ///
    /// The gateway writes `X-Forwarded-For` itself, whatever the client sends, and only it and other services reach this one. A field that
    /// is there twice, or is no single address, tells nothing.
    package init(_ kind: Kind, _ name: String, by request: Request, _ context: some APIRequestContext) {
        self.init(
            kind, name, by: "\(request.method.rawValue) \(context.endpointPath ?? "")",
            from: Self.address(request.headers[values: .forwardedFor]))
    }

    /// What the gateway's field says; nil where there is no such address.
    static func address(_ values: [String]) -> String? {
        guard values.count == 1, let value = values.first, (2...45).contains(value.utf8.count),
            value.utf8.allSatisfy({ (0x30...0x3a).contains($0) || (0x61...0x66).contains($0) || (0x41...0x46).contains($0) || $0 == 0x2e })
        else { return nil }
        return value
    }
}

extension HTTPField.Name {
    /// Who the client is, as the gateway says.
    static let forwardedFor = HTTPField.Name("X-Forwarded-For")!
}
