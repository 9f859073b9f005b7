import Synchronization

/// Collects the ports of the two listeners and announces them once both are open.
final class BoundPorts: Sendable {
    private struct Ports {
        var open: Int?
        var management: Int?
        var announced = false
    }

    private let host: String
    private let onBoth: @Sendable (ServiceAddresses) async -> Void
    private let ports = Mutex(Ports())

    init(host: String, onBoth: @escaping @Sendable (ServiceAddresses) async -> Void) {
        self.host = host
        self.onBoth = onBoth
    }

    func setPublic(_ port: Int) async {
        await announce { $0.open = port }
    }

    func setManagement(_ port: Int) async {
        await announce { $0.management = port }
    }

    private func announce(_ change: (inout Ports) -> Void) async {
        let complete = ports.withLock { ports -> (Int, Int)? in
            change(&ports)
            guard !ports.announced, let open = ports.open, let management = ports.management else { return nil }
            ports.announced = true
            return (open, management)
        }
        if let (open, management) = complete {
            await onBoth(ServiceAddresses(host: host, port: open, managementPort: management))
        }
    }
}
