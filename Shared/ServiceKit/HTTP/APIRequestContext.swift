package import Hummingbird
package import Models

/// What every context of a request has, whether a customer, an admin or nobody is known to have sent it.
///
/// `request.decode(as:context:)` reads strictly (see `StrictDecoder`) and a returned `ResponseEncodable` is written in snake_case.
package protocol APIRequestContext: RequestContext where Decoder == StrictDecoder, Encoder == AnswerEncoder {
    /// The name of the request: the caller's `X-Request-ID`, or a new one.
    var requestID: String { get }
    /// The address of the peer of the connection.
    var remoteAddress: String? { get }
    /// What is learned about the request on its way, for its log line.
    var journal: RequestJournal { get }
}

extension APIRequestContext {
    /// The reader of bodies.
    package var requestDecoder: StrictDecoder { StrictDecoder() }
    /// The writer of answers.
    package var responseEncoder: AnswerEncoder { AnswerEncoder() }
    /// The size that Hummingbird itself enforces; `StrictDecoder` enforces its own, which is the same.
    package var maxUploadSize: Int { StrictDecoder.bodyLimit }
}

/// The context of a request whose sender is known.
package protocol SenderContext: APIRequestContext {
    /// Who sent it.
    var userID: UserID { get }
}
