/// An HTTP answer: JSON, or nothing at all where a fault drops the connection.
struct APIAnswer: Sendable {
    var status: Int
    var body: JSON
    var headers: [String: String] = [:]
    var isDropped = false
}
