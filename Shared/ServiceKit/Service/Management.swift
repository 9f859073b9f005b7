import HTTPTypes
import Hummingbird

/// What operators ask a service: `/livez` (it runs), `/readyz` (it can be sent requests; else 503 with the reasons), `/metrics`.
struct Management {
    let readiness: Readiness
    let registry: PrometheusRegistry

    func router() -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.get("/livez") { _, _ in Self.text("ok\n") }
        router.get("/readyz") { [readiness] _, _ in
            let reasons = await readiness.reasons()
            return reasons.isEmpty
                ? Self.text("ready\n") : Self.text(reasons.map { "not ready: \($0)\n" }.joined(), .serviceUnavailable)
        }
        router.get("/metrics") { [registry] _, _ in
            Self.text(registry.text() + ProcessMetrics.text(), type: "text/plain; version=0.0.4; charset=utf-8")
        }
        return router
    }

    private static func text(
        _ text: String, _ status: HTTPResponse.Status = .ok, type: String = "text/plain; charset=utf-8"
    ) -> Response {
        Response(
            status: status, headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
