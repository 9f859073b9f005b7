import Foundation
import Glibc

/// A RabbitMQ node of its own, to be killed, frozen and starved without harm to anyone else.
///
/// It lives in a temporary folder, on free ports of 127.0.0.1, with its own port mapper (epmd), cookie and home. One test at a time.
package final class PrivateBroker: Sendable {
    /// The node of the running test that is in a suite with the `.privateBroker` trait.
    @TaskLocal package static var current: PrivateBroker?

    /// The AMQP URL of its virtual host `/`, user and password included.
    package var url: String { "amqp://guest:guest@127.0.0.1:\(ports.amqp)/" }
    /// The same by TLS, without `cacertfile`: its certificate is for `localhost` and signed by `certificateAuthority`.
    package var secureURL: String { "amqps://guest:guest@localhost:\(ports.amqps)/" }
    /// The certificate to trust for `secureURL`, a PEM file.
    package var certificateAuthority: String { folder.appending(path: "certificate.pem").path }

    private struct Ports {
        var amqp, amqps, management, distribution, epmd: Int
    }

    private static let programs = "/usr/lib/rabbitmq/bin"
    private let folder: URL
    private let ports: Ports
    private let epmd: BrokerProcess

    /// Starts a node and waits until it serves. `discard` must follow.
    package static func start() async throws -> PrivateBroker {
        let broker = try await PrivateBroker()
        do {
            try await broker.start()
        } catch {
            try? await broker.discard()
            throw error
        }
        return broker
    }

    private init() async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "private-broker-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let free = try FreePorts.choose(5)
        ports = Ports(amqp: free[0], amqps: free[1], management: free[2], distribution: free[3], epmd: free[4])
        try await BrokerProcess.output(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                "-addext", "subjectAltName=DNS:localhost", "-keyout", folder.appending(path: "key.pem").path,
                "-out", folder.appending(path: "certificate.pem").path,
            ], environment: ["PATH": "/usr/bin:/bin"], log: folder.appending(path: "openssl.log"))
        epmd = try BrokerProcess(
            "/usr/bin/epmd", ["-port", "\(ports.epmd)", "-address", "127.0.0.1"], environment: ["PATH": "/usr/bin:/bin"],
            log: folder.appending(path: "epmd.log"))
        try Data("[rabbitmq_management].".utf8).write(to: folder.appending(path: "enabled_plugins"))
        try Data(settings.utf8).write(to: folder.appending(path: "rabbitmq.conf"))
    }

    // MARK: Acts

    /// Starts the node, keeping its data, and waits until it serves. At most 180 s.
    package func start() async throws {
        let log = folder.appending(path: "server-\(UUID().uuidString).log")
        _ = try BrokerProcess("\(Self.programs)/rabbitmq-server", [], environment: environment, log: log)
        do {
            try await waitForBroker("a private broker", within: .seconds(180)) {
                (try? await management.request("GET", ["health", "checks", "port-listener", "\(ports.amqp)"])) != nil
            }
        } catch {
            throw BrokerTestError("\(error)\n\((try? String(contentsOf: log, encoding: .utf8)) ?? "")")
        }
    }

    /// Stops the node in good order and waits until it has ended.
    package func stop() async throws {
        try await end(with: SIGTERM)
    }

    /// Kills the node and waits until it is gone.
    package func kill() async throws {
        try await end(with: SIGKILL)
    }

    /// Stops the node and starts it again.
    package func restart() async throws {
        try await stop()
        try await start()
    }

    /// Freezes the node: its sockets stay open and silent.
    package func freeze() throws {
        try signal(SIGSTOP)
    }

    /// Lets a frozen node go on.
    package func thaw() throws {
        try signal(SIGCONT)
    }

    /// Runs `rabbitmqctl` on the node and returns what it printed.
    @discardableResult
    package func control(_ arguments: String...) async throws -> String {
        try await BrokerProcess.output(
            "\(Self.programs)/rabbitmqctl", ["-n", nodeName, "-q"] + arguments, environment: environment,
            log: folder.appending(path: "control-\(UUID().uuidString).log"))
    }

    /// Raises the memory alarm, or ends it: publishers are blocked as long as it lasts.
    package func setMemoryAlarm(_ isOn: Bool) async throws {
        try await control("set_vm_memory_high_watermark", isOn ? "0.0000001" : "0.4")
    }

    /// A virtual host at this node. `delete` is not needed: the node's data goes with it.
    package func virtualHost() async throws -> TestBroker {
        try await TestBroker.create(at: BrokerEnvironment(url: url, management: management))
    }

    /// Kills the node and its port mapper and removes their folder.
    package func discard() async throws {
        try await end(with: SIGKILL)
        Glibc.kill(epmd.processID, SIGKILL)
        try FileManager.default.removeItem(at: folder)
    }

    // MARK: The node

    private var nodeName: String { "private\(ports.amqp)@localhost" }

    private var management: BrokerManagement {
        BrokerManagement(url: "http://127.0.0.1:\(ports.management)", user: "guest", password: "guest")
    }

    private var settings: String {
        """
        listeners.tcp.1 = 127.0.0.1:\(ports.amqp)
        listeners.ssl.1 = 127.0.0.1:\(ports.amqps)
        ssl_options.cacertfile = \(folder.path)/certificate.pem
        ssl_options.certfile = \(folder.path)/certificate.pem
        ssl_options.keyfile = \(folder.path)/key.pem
        management.tcp.ip = 127.0.0.1
        management.tcp.port = \(ports.management)
        loopback_users.guest = true
        """
    }

    private var environment: [String: String] {
        [
            "PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8", "HOME": folder.path, "RABBITMQ_NODENAME": nodeName,
            "RABBITMQ_MNESIA_BASE": "\(folder.path)/data", "RABBITMQ_LOG_BASE": "\(folder.path)/log",
            "RABBITMQ_SCHEMA_DIR": "\(folder.path)/schema", "RABBITMQ_GENERATED_CONFIG_DIR": "\(folder.path)/config",
            "RABBITMQ_CONFIG_FILE": "\(folder.path)/rabbitmq.conf", "RABBITMQ_PID_FILE": "\(folder.path)/pid",
            "RABBITMQ_ENABLED_PLUGINS_FILE": "\(folder.path)/enabled_plugins", "RABBITMQ_DIST_PORT": "\(ports.distribution)",
            "ERL_EPMD_PORT": "\(ports.epmd)", "ERL_EPMD_ADDRESS": "127.0.0.1",
        ]
    }

    /// The Erlang machine itself, not the script around it.
    private var processID: pid_t? {
        guard let text = try? String(contentsOf: folder.appending(path: "pid"), encoding: .utf8),
            let id = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)), BrokerProcess.isRunning(id)
        else { return nil }
        return id
    }

    private func signal(_ signal: Int32) throws {
        guard let processID else { throw BrokerTestError("the private broker is not running") }
        Glibc.kill(processID, signal)
    }

    private func end(with signal: Int32) async throws {
        guard let processID else { return }
        Glibc.kill(processID, signal)
        try await waitForBroker("the end of a private broker", within: .seconds(30)) { !BrokerProcess.isRunning(processID) }
    }
}
