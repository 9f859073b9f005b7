import Messaging
import NIOCore
import NIOHTTP1

/// Stands behind the guard of a connection and takes the requests of direct routes out of its stream; all others pass.
///
/// Answers leave in the order of the requests: a request is taken only when the router owes no answer, and what comes behind one that is
/// being answered is held back until it is.
final class DirectRouteHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Phase {
        /// Everything passes; the router owes so many answers.
        case passing(unanswered: Int)
        /// A request for a direct route is arriving.
        case reading(DirectRequest)
        /// It is with its route.
        case waiting
    }

    private enum Held {
        case part(HTTPServerRequestPart)
        case event(Any)
    }

    private let routes: [DirectRoute]
    private let log: AccessLog
    private var phase = Phase.passing(unanswered: 0)
    private var held: [Held] = []
    private var isReadHeld = false

    init(routes: [DirectRoute], log: AccessLog) {
        self.routes = routes
        self.log = log
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        switch (phase, part) {
        case (.passing(0), .head(let head)):
            if let request = DirectRequest(head: head, for: routes) {
                phase = .reading(request)
            } else {
                phase = .passing(unanswered: 1)
                context.fireChannelRead(data)
            }
        case (.passing(let unanswered), .head):
            phase = .passing(unanswered: unanswered + 1)
            context.fireChannelRead(data)
        case (.passing, _): context.fireChannelRead(data)
        case (.reading(var request), .body(let bytes)):
            // Nobody else has the request meanwhile, so that its body grows in place.
            phase = .waiting
            request.body.append(contentsOf: bytes.readableBytesView)
            phase = .reading(request)
        case (.reading(let request), .end): take(request, context)
        case (.reading, .head), (.waiting, _): held.append(.part(part))
        }
    }

    private func take(_ request: DirectRequest, _ context: ChannelHandlerContext) {
        phase = .waiting
        log.metrics.began()
        let bound = NIOLoopBound((self, context, request), eventLoop: context.eventLoop)
        let loop = context.eventLoop
        let delivery = DirectRoute.Delivery(body: request.body, field: request.field, trace: request.trace)
        let isTaken = request.route.take(delivery) { answer in
            loop.execute {
                let (handler, context, request) = bound.value
                handler.settle(request, answer, context)
            }
        }
        // A task of the loop runs when all sockets that had something to read have been read.
        if isTaken { loop.execute(request.route.afterwards) } else { settle(request, nil, context) }
    }

    private func settle(_ request: DirectRequest, _ answer: DirectRoute.Answer?, _ context: ChannelHandlerContext) {
        log.metrics.ended()
        guard context.channel.isActive else { return }
        if let answer {
            send(answer, to: request, context)
            phase = .passing(unanswered: 0)
        } else {
            handOver(request, isWhole: true, context)
        }
        release(context)
    }

    /// Gives the router a request as if it had just come.
    private func handOver(_ request: DirectRequest, isWhole: Bool, _ context: ChannelHandlerContext) {
        phase = .passing(unanswered: 1)
        context.fireChannelRead(wrapInboundOut(.head(request.head)))
        if !request.body.isEmpty {
            context.fireChannelRead(wrapInboundOut(.body(context.channel.allocator.buffer(bytes: request.body))))
        }
        if isWhole { context.fireChannelRead(wrapInboundOut(.end(nil))) }
        context.fireChannelReadComplete()
    }

    /// Lets go what was held back; it may hold a request that is taken in its turn, and the rest waits again.
    private func release(_ context: ChannelHandlerContext) {
        guard !held.isEmpty || isReadHeld else { return }
        let waiting = held
        held = []
        for (index, next) in waiting.enumerated() {
            if case .waiting = phase {
                held += waiting[index...]
                return
            }
            switch next {
            case .part(let part): channelRead(context: context, data: wrapInboundOut(part))
            case .event(let event): userInboundEventTriggered(context: context, event: event)
            }
        }
        context.fireChannelReadComplete()
        if isReadHeld {
            isReadHeld = false
            context.read()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .reading(let request) = phase {
            // The guard has cut the body off: the router answers that, as it does for every other route.
            handOver(request, isWhole: false, context)
            context.fireErrorCaught(error)
            release(context)
        } else {
            context.fireErrorCaught(error)
        }
    }

    /// What is said of the connection (its client sends no more, the service is to end) is for whoever reads it when its turn has come.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .passing = phase { context.fireUserInboundEventTriggered(event) } else { held.append(.event(event)) }
    }

    // MARK: Answers

    private func send(_ answer: DirectRoute.Answer, to request: DirectRequest, _ context: ChannelHandlerContext) {
        let headers: HTTPHeaders = [
            "content-type": "application/json; charset=utf-8", "content-length": "\(answer.body.count)", "cache-control": "no-store",
            "x-content-type-options": "nosniff", "vary": "Origin", "x-request-id": request.requestID, "date": HTTPDate.now(),
        ]
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .ok, headers: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: answer.body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        log.note(
            method: request.route.method.rawValue, route: request.route.path, status: 200, taken: ContinuousClock.now - request.began,
            isRoutine: answer.isRoutine, user: answer.user)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data), case .passing(let unanswered) = phase { phase = .passing(unanswered: unanswered - 1) }
        context.write(data, promise: promise)
    }

    /// A client that sends more while its request is being answered is read no further; one that waits costs nothing.
    func read(context: ChannelHandlerContext) {
        if held.isEmpty { context.read() } else { isReadHeld = true }
    }
}

/// Runs the tasks of a connection on the thread that serves its socket.
///
/// A request then goes from the socket through its route and back without changing threads, unless the route waits for something of
/// another thread; on the pool of Swift's tasks it would change twice. Nothing in a route may block, there as here.
final class EventLoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
