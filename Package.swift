// swift-tools-version: 6.2
import PackageDescription

// MARK: The house rules

let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .treatAllWarnings(as: .error),
]
let memorySafe: [SwiftSetting] = [.strictMemorySafety()]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let context = Target.Dependency.product(name: "ServiceContextModule", package: "swift-service-context")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let asyncAlgorithms = Target.Dependency.product(name: "AsyncAlgorithms", package: "swift-async-algorithms")
let jwt = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")

func shared(
    _ name: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = [], migrations: Bool = false
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Shared/\(name)", exclude: ["README.md"],
        resources: migrations ? [.embedInCode("Migrations")] : [], swiftSettings: house + settings)
}

func service(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: ["Messages", "Messaging", "Models", "Postgres", "ServiceKit", hummingbird, log] + dependencies,
        path: "Services/\(name)", exclude: ["README.md"], resources: [.embedInCode("Migrations")], swiftSettings: house)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.init(stringLiteral: name), "TestKit"] + dependencies, path: "Tests/\(name)Tests",
        exclude: exclude, swiftSettings: house)
}

// MARK: The package

/// One package, one executable per service. Read top to bottom, the list of targets is the dependency diagram:
/// Services → StripeSync → {ServiceKit → Messaging → {Postgres, RabbitMQ, Messages} → Models, Stripe → Models}.
let package = Package(
    name: "payments",
    // Exact, so that the same source builds the same program; what these bring along is in deploy/packages.txt, and the checks compare.
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-service-context", exact: "1.5.1"),
        .package(url: "https://github.com/apple/swift-configuration", exact: "1.4.0"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-async-algorithms", exact: "1.1.4"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
        .package(url: "https://github.com/vapor/jwt-kit", exact: "5.7.1"),
    ],
    targets: [
        // C libraries, each seen by exactly one target.
        .systemLibrary(name: "CPostgres", path: "Shared/CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(
            name: "CRabbitMQ", path: "Shared/CRabbitMQ", pkgConfig: "librabbitmq", providers: [.apt(["librabbitmq-dev"])]),

        shared("DedicatedThread"),
        shared("Models"),
        shared("Messages", ["Models"]),
        shared("Postgres", ["CPostgres", "DedicatedThread", log, crypto], settings: memorySafe),
        shared("RabbitMQ", ["CRabbitMQ", "DedicatedThread", log, lifecycle], settings: memorySafe),
        shared(
            "Messaging", ["DedicatedThread", "Messages", "Models", "Postgres", "RabbitMQ", log, lifecycle, metrics, context, crypto],
            migrations: true),
        shared("Stripe", ["DedicatedThread", "Models", log, crypto, httpClient, nio, nioHTTP1]),
        shared(
            "ServiceKit",
            [
                "DedicatedThread", "Messages", "Messaging", "Models", "Postgres", "RabbitMQ", log, lifecycle, metrics, context,
                configuration,
                hummingbird, hummingbirdCore, jwt, crypto, httpClient, httpTypes, nio, nioHTTP1, unixSignals,
            ]),
        shared("StripeSync", ["Messages", "Messaging", "Models", "Postgres", "ServiceKit", "Stripe", hummingbird, log, metrics]),

        service("Checkout", ["DedicatedThread", "Stripe", "StripeSync", httpTypes, lifecycle, metrics]),
        service("Webhook", ["RabbitMQ", "Stripe", "StripeSync", context, httpTypes, metrics]),
        service("Refund", ["Stripe", "StripeSync", httpTypes]),
        service("Analytics", ["DedicatedThread", asyncAlgorithms, httpTypes, lifecycle]),
        service("SubscriptionEnforcement", ["DedicatedThread", "Stripe", "StripeSync", context, lifecycle, metrics]),
        // Stands for Stripe: it shares nothing with the services.
        .executableTarget(
            name: "StripeSandbox",
            dependencies: [
                argumentParser, crypto, httpClient, httpTypes, hummingbirdCore, lifecycle, log, mustache, nio, nioHTTP1, unixSignals,
            ],
            path: "Services/StripeSandbox", exclude: ["README.md"], swiftSettings: house),

        .target(name: "TestKit", dependencies: ["DedicatedThread", "Postgres", log], path: "Tests/TestKit", swiftSettings: house),
        .target(
            name: "HTTPTestKit",
            dependencies: ["DedicatedThread", "Messages", "Models", "ServiceKit", "Stripe", "TestKit", lifecycle, log, nio, nioPosix, jwt],
            path: "Tests/HTTPTestKit", swiftSettings: house),
        tests("Models"),
        tests("Messages", ["Messaging", "Models"]),
        tests("Postgres", ["DedicatedThread", log]),
        tests("RabbitMQ", ["DedicatedThread", lifecycle, log]),
        tests("Messaging", ["DedicatedThread", "Messages", "Models", "Postgres", "RabbitMQ", context, crypto, lifecycle, log]),
        tests("Stripe", ["HTTPTestKit", "Models", log]),
        tests(
            "ServiceKit",
            [
                "Messaging", "Models", "Postgres", configuration, context, hummingbird, httpClient, jwt, lifecycle, log, metrics, nio,
                nioHTTP1,
            ]),
        tests("StripeSync", ["HTTPTestKit", "Messages", "Messaging", "Models", "Postgres", "ServiceKit", "Stripe"]),
        tests(
            "Checkout",
            [
                "HTTPTestKit", "Messages", "Messaging", "Models", "Postgres", "ServiceKit", "Stripe", "StripeSync", httpClient, log, nio,
                nioHTTP1,
            ]),
        tests(
            "Webhook", ["HTTPTestKit", "Messages", "Messaging", "Models", "Postgres", "ServiceKit", "Stripe", httpClient, nio, nioHTTP1]),
        tests("Refund", ["HTTPTestKit", "Messages", "Messaging", "Models", "Postgres", "ServiceKit", "Stripe", "StripeSync", log]),
        tests("Analytics", ["HTTPTestKit", "Messages", "Messaging", "Models", "Postgres", "ServiceKit", httpClient, log, nio, nioHTTP1]),
        tests("SubscriptionEnforcement", ["HTTPTestKit", "Messages", "Messaging", "Models", "Postgres", "Stripe", log]),
        tests(
            "StripeSandbox", [argumentParser, hummingbird, httpClient, httpTypes, lifecycle, log, nio, nioHTTP1], exclude: ["Official"]),
        .testTarget(
            name: "SimulationTests",
            dependencies: [
                "Checkout", "DedicatedThread", "HTTPTestKit", "Messages", "Messaging", "Models", "Postgres", "Refund", "ServiceKit",
                "Stripe", "StripeSync", "SubscriptionEnforcement", "TestKit", log, nioHTTP1,
            ], path: "Tests/SimulationTests", swiftSettings: house),
        .testTarget(
            name: "FlowTests",
            dependencies: [
                "Analytics", "Checkout", "DedicatedThread", "HTTPTestKit", "Messages", "Messaging", "Models", "Postgres", "Refund",
                "ServiceKit", "Stripe", "StripeSandbox", "StripeSync", "SubscriptionEnforcement", "TestKit", "Webhook", httpClient,
                httpTypes,
                hummingbird, hummingbirdCore, lifecycle, log, nio, nioHTTP1,
            ], path: "Tests/FlowTests", swiftSettings: house),
    ]
)

// MARK: Parts of it

/// What the libraries are that have threads of their own.
let threaded: Set<String> = [
    "CPostgres", "CRabbitMQ", "DedicatedThread", "Models", "Messages", "Postgres", "RabbitMQ", "Messaging", "TestKit",
]

// The thread sanitizer looks for races where there are threads of our own. With SANITIZED=1 there is nothing but those libraries and
// their tests: what needs a web server would take far longer to build than all of it to test.
if Context.environment["SANITIZED"] != nil {
    let part = threaded.union(["PostgresTests", "RabbitMQTests", "MessagingTests"])
    package.targets.removeAll { !part.contains($0.name) }
}
// `deploy/local simulate` lives more lives in a minute as an optimised program: with SIMULATED=1 there is what that one needs.
if Context.environment["SIMULATED"] != nil {
    let part = threaded.union([
        "Checkout", "HTTPTestKit", "Refund", "ServiceKit", "SimulationTests", "Stripe", "StripeSync", "SubscriptionEnforcement",
    ])
    package.targets.removeAll { !part.contains($0.name) }
}
