import Foundation
import Hummingbird

/// Refuses addresses that different programs read differently, before any route is looked for.
struct AddressRules: RouterMiddleware {
    typealias Context = APIContext

    func handle(
        _ request: Request, context: APIContext, next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        guard Self.isPlain(request.uri.path) else {
            throw APIError.malformed("The path is not accepted as it is written.", code: "malformed_path")
        }
        // Read here too, so that a parameter given twice is refused also where no route looks at it.
        if let query = request.uri.query { _ = try QueryParameters(query) }
        return try await next(request, context)
    }

    /// No empty, `.` or `..` segment (one slash at the end is allowed), and nothing percent-encoded that would be one of these, a
    /// separator or a control character.
    static func isPlain(_ path: String) -> Bool {
        guard path.utf8.first == UInt8(ascii: "/") else { return false }
        if path.utf8.contains(UInt8(ascii: "%")) {
            guard let decoded = path.removingPercentEncoding,
                decoded.utf8.filter({ $0 == 0x2F }).count == path.utf8.filter({ $0 == 0x2F }).count
            else { return false }
            return isPlain(decoded: decoded)
        }
        return isPlain(decoded: path)
    }

    private static func isPlain(decoded path: String) -> Bool {
        guard !path.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F || $0 == "\\" }) else { return false }
        let segments = path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            if segment.isEmpty, index != segments.count - 1 { return false }
            if segment.elementsEqual(".".utf8) || segment.elementsEqual("..".utf8) { return false }
        }
        return true
    }
}
