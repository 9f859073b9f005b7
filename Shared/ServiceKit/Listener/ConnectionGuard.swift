import HTTPTypes
import NIOCore
import NIOHTTP1

/// Stands between the parser and the server, one for each connection: total deadlines, limits, strictness about heads, and an orderly
/// end of connections that break a rule.
///
/// A rule broken before a request was passed on is answered here. One broken while a body arrives is thrown into the reading of that
/// body: the route fails with it, the error table answers, and half a body is never taken for a whole one.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Reading: Equatable {
        /// Nothing of the next request has come.
        case idle
        /// Some of a head has come.
        case head
        /// The head was passed on, the end has not come.
        case body(bytes: Int)
        /// The connection ends: what still comes is thrown away.
        case nothing
    }

    private let limits: HTTPLimits
    private let rules: RequestHeadRules
    private var reading = Reading.head
    /// Requests passed on whose answer has not been sent to its end.
    private var unanswered = 0
    private var closesAfterAnswer = false
    /// The end of an answer was handed over and has not left.
    private var isSending = false
    /// To be answered when `unanswered` is zero: answers leave in the order of the requests.
    private var refusal: ConnectionRefusal?
    private var hasRefused = false
    private var partsSinceLastPause = false
    private var deadline: Scheduled<Void>?
    private var stall: Scheduled<Void>?

    init(limits: HTTPLimits) {
        self.limits = limits
        rules = RequestHeadRules(limits: limits)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { arm(limits.headDeadline, context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        stall?.cancel()
    }

    func channelActive(context: ChannelHandlerContext) {
        arm(limits.headDeadline, context)
        context.fireChannelActive()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        partsSinceLastPause = true
        switch (reading, unwrapInboundIn(data)) {
        case (.nothing, _): return
        case (_, .head(let head)): begin(head, context, data)
        case (.body(let bytes), .body(let part)):
            guard bytes + part.readableBytes <= limits.bodyBytes else { return interrupt(.bodyTooLarge, context) }
            reading = .body(bytes: bytes + part.readableBytes)
            context.fireChannelRead(data)
        case (_, .end):
            reading = closesAfterAnswer ? .nothing : .idle
            disarm()
            context.fireChannelRead(data)
            // The answer may have been given before the end of its request came.
            if unanswered == 0 { rest(context) }
        case (_, .body): return
        }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext, _ data: NIOAny) {
        if let refusal = rules.refusal(of: head) { return refuse(refusal, context) }
        reading = .body(bytes: 0)
        unanswered += 1
        // The parser stops after a request that asks for another protocol, so the connection cannot be used again.
        if !head.isKeepAlive || head.headers.contains(name: "upgrade") { closesAfterAnswer = true }
        arm(limits.bodyDeadline, context)
        if unanswered == 1, head.headers.contains(name: "expect") {
            context.writeAndFlush(wrapOutboundOut(.head(.init(version: .http1_1, status: .continue))), promise: nil)
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Bytes without a part between two requests: the beginning of a head.
        if reading == .idle, unanswered == 0, !partsSinceLastPause {
            reading = .head
            arm(limits.headDeadline, context)
        }
        partsSinceLastPause = false
        if reading == .nothing { context.read() }
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let fault = error as? HTTPParserError else { return context.fireErrorCaught(error) }
        // What follows a request that was said to be the last is no request, whatever the parser calls it.
        if reading == .nothing { return }
        let refusal: ConnectionRefusal = fault == .headerOverflow ? .headerTooLarge : .malformed("The request is not well-formed HTTP.")
        if case .body = reading { interrupt(refusal, context) } else { refuse(refusal, context) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if hasRefused, case ChannelEvent.inputClosed = event { return context.close(promise: nil) }
        if event is ChannelShouldQuiesceEvent, unanswered > 0 { closesAfterAnswer = true }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !hasRefused else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head) where closesAfterAnswer:
            head.headers.replaceOrAdd(name: "connection", value: "close")
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            // An answer is given when its last byte has left, not when it was handed over: a slow reader may take all the time it needs.
            let sent = promise ?? context.eventLoop.makePromise()
            isSending = true
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            sent.futureResult.whenComplete { _ in bound.value.0.answered(bound.value.1) }
            context.write(data, promise: sent)
        default: context.write(data, promise: promise)
        }
    }

    /// Who closes the connection right behind an answer, as a shutdown does, means: when the answer has been sent.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard isSending, mode == .all else { return context.close(mode: mode, promise: promise) }
        closesAfterAnswer = true
        context.channel.closeFuture.cascade(to: promise)
    }

    private func answered(_ context: ChannelHandlerContext) {
        unanswered -= 1
        isSending = false
        guard unanswered == 0, context.channel.isActive else { return }
        if let refusal {
            self.refusal = nil
            refuse(refusal, context)
        } else if closesAfterAnswer {
            end(context)
        } else {
            rest(context)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stall?.cancel()
        stall = nil
        if !context.channel.isWritable { watchProgress(context, waiting: Self.waiting(context)) }
        context.fireChannelWritabilityChanged()
    }

    /// Closes the connection when its client has read next to nothing of what waits to be sent.
    private func watchProgress(_ context: ChannelHandlerContext, waiting before: Int) {
        stall = schedule(limits.writeStall, context) { [weak self] context in
            let now = Self.waiting(context)
            guard before - now >= Self.leastProgress else { return context.close(mode: .all, promise: nil) }
            self?.watchProgress(context, waiting: now)
        }
    }

    /// About half a KiB a second with the limits of production: slower than any network on which a page would load.
    private static let leastProgress = 16 * 1024

    private static func waiting(_ context: ChannelHandlerContext) -> Int {
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    // MARK: Ends

    /// Answers with a refusal, as soon as earlier requests are answered, and ends the connection.
    private func refuse(_ refusal: ConnectionRefusal, _ context: ChannelHandlerContext) {
        reading = .nothing
        disarm()
        guard unanswered == 0 else {
            self.refusal = refusal
            return
        }
        guard !hasRefused else { return }
        hasRefused = true
        let body = ByteBuffer(bytes: ErrorBody(code: refusal.code, message: refusal.message, field: nil, requestID: RequestID.make()).json)
        let headers: HTTPHeaders = [
            "content-type": "application/json; charset=utf-8", "content-length": "\(body.readableBytes)", "connection": "close",
            "cache-control": "no-store", "x-content-type-options": "nosniff",
        ]
        let status = HTTPResponseStatus(statusCode: refusal.status.code, reasonPhrase: refusal.status.reasonPhrase)
        context.write(wrapOutboundOut(.head(.init(version: .http1_1, status: status, headers: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        let sent = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        sent.futureResult.whenComplete { _ in bound.value.0.end(bound.value.1) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: sent)
    }

    /// Throws a refusal into the reading of the present body. Its route answers; if it does not, the connection ends without.
    private func interrupt(_ refusal: ConnectionRefusal, _ context: ChannelHandlerContext) {
        reading = .nothing
        closesAfterAnswer = true
        context.fireErrorCaught(refusal)
        if unanswered == 0 { end(context) } else { arm(limits.lastWord, context) }
    }

    /// Closes our side, and the whole connection when the client has closed its own or has had `linger` to read our answer.
    private func end(_ context: ChannelHandlerContext) {
        hasRefused = true
        reading = .nothing
        context.flush()
        context.close(mode: .output, promise: nil)
        arm(limits.linger, context)
        context.read()
    }

    // MARK: Deadlines

    private func rest(_ context: ChannelHandlerContext) {
        if reading == .idle { arm(limits.idleTimeout, context) }
    }

    private func arm(_ time: Duration, _ context: ChannelHandlerContext) {
        disarm()
        deadline = schedule(time, context) { [weak self] in self?.tooLate($0) }
    }

    private func disarm() {
        deadline?.cancel()
        deadline = nil
    }

    private func tooLate(_ context: ChannelHandlerContext) {
        switch reading {
        case .head: refuse(.headTooLate, context)
        case .body: interrupt(.bodyTooLate, context)
        case .idle, .nothing: context.close(promise: nil)
        }
    }

    private func schedule(
        _ time: Duration, _ context: ChannelHandlerContext, _ act: @escaping (ChannelHandlerContext) -> Void
    ) -> Scheduled<Void> {
        let bound = NIOLoopBound((act, context), eventLoop: context.eventLoop)
        return context.eventLoop.scheduleTask(in: TimeAmount(time)) { bound.value.0(bound.value.1) }
    }
}
