import NIOCore
import NIOHTTP1
import NIOPosix

/// A web server on loopback whose paths say how it behaves.
final class LoopbackServer: Sendable {
    private let channel: any Channel

    private init(_ channel: any Channel) { self.channel = channel }

    static func start() async throws -> LoopbackServer {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return LoopbackServer(channel)
    }

    func stop() async throws { try await channel.close() }

    var port: Int { channel.localAddress?.port ?? 0 }

    /// Answers by the path of a request.
    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private var head: HTTPRequestHead?
        private var body = ""

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                body = ""
            case .body(let part): body += String(buffer: part)
            case .end: if let head { answer(head, context) }
            }
        }

        private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
            switch head.uri {
            case "/echo":
                let type = head.headers.first(name: "Content-Type") ?? ""
                let token = head.headers.first(name: "X-Token") ?? ""
                send(
                    "{\"method\":\"\(head.method.rawValue)\",\"type\":\"\(type)\",\"token\":\"\(token)\",\"length\":\(body.utf8.count)}",
                    context)
            case "/words": send("no JSON at all", context)
            case "/nothing": send("", status: .noContent, context)
            case "/missing": send("{}", status: .notFound, context)
            case "/elsewhere": send("{}", status: .temporaryRedirect, headers: ["Location": "/echo"], context)
            case "/large": send(String(repeating: "x", count: 2 << 20), context)
            case "/endless": context.writeAndFlush(wrapOutboundOut(.head(Handler.head(.ok, [:]))), promise: nil)
            case "/abrupt": context.close(promise: nil)
            // Says nothing, for ever.
            default: break
            }
        }

        private static func head(_ status: HTTPResponseStatus, _ headers: HTTPHeaders) -> HTTPResponseHead {
            HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        }

        private func send(
            _ text: String, status: HTTPResponseStatus = .ok, headers: HTTPHeaders = [:],
            _ context: ChannelHandlerContext
        ) {
            var headers = headers
            if status != .noContent { headers.add(name: "Content-Length", value: "\(text.utf8.count)") }
            context.write(wrapOutboundOut(.head(Handler.head(status, headers))), promise: nil)
            if status != .noContent {
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
            }
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
