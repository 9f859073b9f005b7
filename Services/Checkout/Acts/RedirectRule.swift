/// Where customers may be sent after the payment page: to origins that the operator has named, and nowhere else.
struct RedirectRule: Sendable {
    /// Origins such as `https://example.com`, without a trailing slash.
    let allowedOrigins: [String]

    /// Stripe's own limit for a URL is far above; nothing legitimate is longer.
    private static let longest = 2000

    /// Whether `url` begins with an allowed origin, compared as text: what follows may only be a path, a query or a fragment. So
    /// another port, a user before the host, a longer host name or a relative address never match. Control characters, spaces,
    /// backslashes and anything outside ASCII are refused.
    func allows(_ url: String) -> Bool {
        guard url.utf8.count <= Self.longest, url.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\\") }) else {
            return false
        }
        return allowedOrigins.contains { origin in
            guard url.hasPrefix(origin) else { return false }
            let next = url.dropFirst(origin.count).first
            return next == nil || next == "/" || next == "?" || next == "#"
        }
    }

    /// Whether `text` is scheme, host and perhaps port, and nothing more.
    static func isOrigin(_ text: String) -> Bool {
        text.wholeMatch(of: /https?:\/\/[A-Za-z0-9.-]+(:[0-9]{1,5})?/) != nil
    }

    /// Where customers come back to when the request names nothing: pages under the first allowed origin.
    var defaultSuccessURL: String { (allowedOrigins.first ?? "") + "/checkout/success?session_id={CHECKOUT_SESSION_ID}" }
    /// Where customers come back to from Stripe's portal.
    var defaultReturnURL: String { (allowedOrigins.first ?? "") + "/" }
    /// Where customers come back to when they give up.
    var defaultCancelURL: String { (allowedOrigins.first ?? "") + "/checkout/cancel" }
}
