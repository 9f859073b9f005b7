import Foundation

/// Who may call: any test key, as `Bearer sk_test_…` or as the user name of Basic.
enum Authorization {
    /// - Throws: `APIError` 401.
    static func check(_ header: String?) throws(APIError) {
        guard let header, let key = key(in: header), !key.isEmpty else {
            throw .invalidRequest(
                "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth "
                    + "(e.g. 'Authorization: Bearer YOUR_SECRET_KEY').", status: 401)
        }
        guard key.wholeMatch(of: /(sk|rk)_test_\w+/) != nil else {
            throw .invalidRequest("Invalid API Key provided: \(key.prefix(8))****", status: 401)
        }
    }

    private static func key(in header: String) -> String? {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        if parts[0].lowercased() == "bearer" { return String(parts[1]) }
        guard parts[0].lowercased() == "basic", let data = Data(base64Encoded: String(parts[1])) else { return nil }
        return String(decoding: data, as: UTF8.self).split(separator: ":", omittingEmptySubsequences: false).first.map(String.init)
    }
}
