import Foundation
import Glibc

/// A PostgreSQL server of its own, to be killed, frozen and restarted without harm to anyone else.
///
/// It lives in a temporary folder and listens on a socket there, on no port. Commits are not synced: it need not survive the machine.
package final class PrivatePostgres: Sendable {
    /// The server of the running test that has the `.privatePostgres` trait.
    @TaskLocal package static var current: PrivatePostgres?

    private static let programs = "/usr/lib/postgresql/15/bin"
    private let folder: URL
    private let logs: URL
    /// The size of the disk that it has for itself, such as `64m`; nil for the one that everybody has.
    private let disk: String?

    /// The superuser's `DATABASE_URL`.
    package var url: String { "postgresql://postgres@/postgres?host=\(folder.path)" }

    /// Makes a server and waits until it serves. `discard` must follow. With `disk` (such as `64m`) it has a disk of that size for
    /// itself, in memory; only root can have that.
    package static func start(disk: String? = nil) async throws -> PrivatePostgres {
        let server = try PrivatePostgres(disk: disk)
        do {
            try await server.mount()
            try await server.run("initdb", "--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8")
            try await server.start()
        } catch {
            try? await server.discard()
            throw error
        }
        return server
    }

    private init(disk: String?) throws {
        self.disk = disk
        // Short, because the path of a socket may have 107 characters.
        let id = UUID().uuidString.prefix(8).lowercased()
        folder = FileManager.default.temporaryDirectory.appending(path: "private-postgres-\(id)")
        logs = FileManager.default.temporaryDirectory.appending(path: "private-postgres-logs-\(id)")
        try FileManager.default.createDirectory(at: logs, withIntermediateDirectories: true)
    }

    // MARK: Acts

    /// Starts the server, keeping its data, and waits until it serves.
    package func start() async throws {
        let settings = [
            "listen_addresses=", "unix_socket_directories=\(folder.path)", "fsync=off", "shared_buffers=16MB", "max_connections=30",
        ]
        let command = command("postgres", settings.map { "--\($0)" })
        // Not by `pg_ctl start`: whoever waits for that program also waits for the server that inherits its open files.
        _ = try BrokerProcess(command[0], Array(command.dropFirst()), environment: environment, log: logs.appending(path: "server.log"))
        try await eventually("a private PostgreSQL in \(folder.path)", within: .seconds(60)) {
            (try? await run("pg_isready", "--quiet", "--host=\(folder.path)")) != nil
        }
    }

    /// Ends all sessions at once and stops the server in good order.
    package func stop() async throws {
        try await run("pg_ctl", "stop", "--mode=fast", "--wait", "--timeout=60", "--silent")
    }

    /// Stops the server without good order, as a crash would: it recovers at the next start.
    package func crash() async throws {
        try await run("pg_ctl", "stop", "--mode=immediate", "--wait", "--timeout=60", "--silent")
    }

    /// Stops the server and starts it again.
    package func restart() async throws {
        try await stop()
        try await start()
    }

    /// Freezes the server with all its sessions: they stay open and silent.
    package func freeze() throws {
        let server = try serverProcess
        // First the one that makes sessions, so that none is missed.
        Glibc.kill(server, SIGSTOP)
        for session in children(of: server) { Glibc.kill(session, SIGSTOP) }
    }

    /// Lets a frozen server go on.
    package func thaw() throws {
        let server = try serverProcess
        for process in children(of: server) + [server] { Glibc.kill(process, SIGCONT) }
    }

    /// Takes what is left of its disk, but for a few pages.
    package func fillDisk() async throws {
        try? await output("/usr/bin/dd", "if=/dev/zero", "of=\(folder.path)/ballast", "bs=8k")
    }

    /// Gives it back, and starts the server if it has ended.
    package func emptyDisk() async throws {
        try FileManager.default.removeItem(at: folder.appending(path: "ballast"))
        if (try? serverProcess) == nil { try await start() }
    }

    /// Ends the server, frozen or not, and removes its folder.
    package func discard() async throws {
        if (try? serverProcess) != nil {
            try? thaw()
            try await crash()
        }
        if disk != nil { try? await output("/usr/bin/umount", "--lazy", folder.path) }
        try FileManager.default.removeItem(at: logs)
        if FileManager.default.fileExists(atPath: folder.path) { try FileManager.default.removeItem(at: folder) }
    }

    private func mount() async throws {
        guard let disk else { return }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try await output("/usr/bin/mount", "-t", "tmpfs", "-o", "size=\(disk)", "tmpfs", folder.path)
        try await output("/usr/bin/chown", "postgres", folder.path)
        try await output("/usr/bin/chmod", "700", folder.path)
    }

    private func output(_ program: String, _ arguments: String...) async throws {
        let log = logs.appending(path: "disk-\(UUID().uuidString).log")
        try await BrokerProcess.output(program, arguments, environment: environment, log: log)
    }

    // MARK: The server

    private var serverProcess: pid_t {
        get throws {
            guard let file = try? String(contentsOf: folder.appending(path: "postmaster.pid"), encoding: .utf8),
                let process = file.split(separator: "\n").first.flatMap({ pid_t($0) }), BrokerProcess.isRunning(process)
            else { throw DatabaseTestError("the private PostgreSQL is not running") }
            return process
        }
    }

    private func children(of process: pid_t) -> [pid_t] {
        let file = try? String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)
        return (file ?? "").split(separator: " ").compactMap { pid_t($0) }
    }

    /// Runs one of PostgreSQL's programs to its end.
    private func run(_ program: String, _ arguments: String...) async throws {
        let command = command(program, arguments)
        let log = logs.appending(path: "\(program)-\(UUID().uuidString).log")
        try await BrokerProcess.output(command[0], Array(command.dropFirst()), environment: environment, log: log)
    }

    /// As user `postgres` when we are root, which PostgreSQL refuses to be.
    private func command(_ program: String, _ arguments: [String]) -> [String] {
        let asUser = getuid() == 0 ? ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] : ["/usr/bin/env"]
        return asUser + ["\(Self.programs)/\(program)"] + arguments
    }

    private var environment: [String: String] { ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PGDATA": folder.path] }
}
