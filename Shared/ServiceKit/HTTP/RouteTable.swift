import HTTPTypes
import Hummingbird
import Synchronization

/// Which methods the paths of a service have; asked only when no route fits.
final class RouteTable: Sendable {
    private struct Route {
        let path: RouterPath
        let method: String
    }

    private let routes = Mutex<[Route]>([])

    /// Takes over the routes of a router to which all have been added.
    func fill(from router: Router<APIContext>) {
        let found = router.routes.map { Route(path: $0.path, method: $0.method.rawValue) }
        routes.withLock { $0 = found }
    }

    /// The methods of the routes that a path fits, HEAD among them where GET is; empty where there is no such path.
    func methods(of path: String) -> [String] {
        let parts = path.split(separator: "/")
        var methods = Set(routes.withLock { $0 }.filter { Self.fits($0.path, parts) }.map(\.method))
        if methods.contains("GET") { methods.insert("HEAD") }
        return methods.sorted()
    }

    private static func fits(_ pattern: RouterPath, _ parts: [Substring]) -> Bool {
        for (index, element) in pattern.components.enumerated() {
            if element == .recursiveWildcard { return true }
            guard index < parts.count, element ~= parts[index] else { return false }
        }
        return pattern.components.count == parts.count
    }
}
