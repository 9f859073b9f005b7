package import Foundation
package import Logging
package import Postgres
package import RabbitMQ
import Synchronization

/// What a service is built on. Everything here is made when first asked for, so that a service needs the settings of what it uses, and of
/// nothing else. Nothing connects anywhere before the settings were found valid.
package final class ServiceFoundation: Sendable {
    /// The name of the service, as in its log lines.
    package let name: String
    /// The settings of the process.
    package let settings: Settings
    /// The logger of the service.
    package let logger: Logger
    /// The present time.
    package let now: @Sendable () -> Date

    private struct Parts {
        var postgres: PostgresPool?
        var rabbit: RabbitConfiguration?
        var authenticator: Authenticator?
    }

    private let parts = Mutex(Parts())

    init(name: String, settings: Settings, logger: Logger, now: @escaping @Sendable () -> Date) {
        self.name = name
        self.settings = settings
        self.logger = logger
        self.now = now
    }

    /// The connections to the service's own schema (`DATABASE_URL`); `DATABASE_CONNECTIONS` of them at most, 8 unless given.
    package var postgres: PostgresPool {
        parts.withLock { parts in
            let pool = parts.postgres ?? PostgresPool(configuration: postgresConfiguration(), logger: logger)
            parts.postgres = pool
            return pool
        }
    }

    /// Where the broker is (`AMQP_URL`).
    package var rabbit: RabbitConfiguration {
        parts.withLock { parts in
            let configuration = parts.rabbit ?? rabbitConfiguration()
            parts.rabbit = configuration
            return configuration
        }
    }

    /// The judge of bearer tokens (`AUTH_…`).
    package var authenticator: Authenticator {
        parts.withLock { parts in
            let authenticator = parts.authenticator ?? Authenticator(settings: settings, logger: logger, now: now)
            parts.authenticator = authenticator
            return authenticator
        }
    }

    /// The pool, if anything asked for it.
    var postgresInUse: PostgresPool? { parts.withLock { $0.postgres } }

    /// The authenticator, if anything asked for it.
    var authenticatorInUse: Authenticator? { parts.withLock { $0.authenticator } }

    /// A connection to the same schema as its owner (`MIGRATION_DATABASE_URL`), for the start; nil where that is not given.
    func owner() -> PostgresPool? {
        guard let url = settings.optionalSecret("MIGRATION_DATABASE_URL") else { return nil }
        var configuration = postgresConfiguration(url, from: "MIGRATION_DATABASE_URL")
        configuration.maximumConnections = 1
        return PostgresPool(configuration: configuration, logger: logger)
    }

    private func postgresConfiguration() -> PostgresConfiguration {
        var configuration = postgresConfiguration(settings.secret("DATABASE_URL"), from: "DATABASE_URL")
        configuration.maximumConnections = settings.integer("DATABASE_CONNECTIONS", default: 8, in: 1...100)
        return configuration
    }

    private func postgresConfiguration(_ url: String, from setting: String) -> PostgresConfiguration {
        do {
            return try PostgresConfiguration(url: url, applicationName: name)
        } catch {
            settings.reject(setting, because: "is not the URL of a PostgreSQL database")
            return Self.placeholder { try PostgresConfiguration(url: "postgresql://nobody@127.0.0.1:1/none", applicationName: name) }
        }
    }

    private func rabbitConfiguration() -> RabbitConfiguration {
        do {
            var configuration = try RabbitConfiguration(url: settings.secret("AMQP_URL"))
            configuration.connectionName = name
            return configuration
        } catch {
            settings.reject("AMQP_URL", because: "is not the URL of a RabbitMQ broker")
            return Self.placeholder { try RabbitConfiguration(url: "amqp://nobody:nobody@127.0.0.1:1") }
        }
    }

    /// A configuration that is never used, because its setting was rejected.
    private static func placeholder<Configuration>(_ make: () throws -> Configuration) -> Configuration {
        do {
            return try make()
        } catch {
            preconditionFailure("the placeholder is a valid URL: \(error)")
        }
    }
}
