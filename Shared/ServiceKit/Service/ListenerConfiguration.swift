/// Where the two listeners of a service are.
struct ListenerConfiguration {
    let host: String
    let port: Int
    let managementPort: Int

    /// Port 0 lets the system choose.
    init(settings: Settings) {
        host = settings.string("HTTP_HOST", default: "0.0.0.0")
        port = settings.integer("HTTP_PORT", default: 8080, in: 0...65535)
        managementPort = settings.integer("MANAGEMENT_PORT", default: 9090, in: 0...65535)
    }
}
