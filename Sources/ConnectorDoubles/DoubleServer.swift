package import Connectors
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Records
import Synchronization
import Telephony

/// A double behind a socket on this machine.
package final class DoubleServer: Sendable {
    private let channel: any Channel
    private let connections: Connections
    package let port: Int

    /// The connections that were accepted.
    private final class Connections: Sendable {
        let channels = Mutex<[any Channel]>([])
    }

    /// - Parameter fault: decides on each request: `nil` answers it, a number of milliseconds lets its effect happen and
    ///   closes the connection that much later without an answer.
    package init(
        _ double: any SystemDouble, fault: @escaping @Sendable (ConnectorRequest) -> Int64? = { _ in nil }
    ) async throws {
        let connections = Connections()
        self.connections = connections
        channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                connections.channels.withLock { $0.append(channel) }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(double: double, fault: fault))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    package var url: String { "http://127.0.0.1:\(port)" }

    /// Takes no more connections and ends those that there are.
    package func stop() async throws {
        try await channel.close()
        for connection in connections.channels.withLock({ $0 }) where connection.isActive {
            try? await connection.close()
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        private let double: any SystemDouble
        private let fault: @Sendable (ConnectorRequest) -> Int64?
        private var request: ConnectorRequest?

        init(double: any SystemDouble, fault: @escaping @Sendable (ConnectorRequest) -> Int64?) {
            self.double = double
            self.fault = fault
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                request = ConnectorRequest(
                    head.method.rawValue, "http://127.0.0.1" + head.uri,
                    headers: head.headers.map { ($0.name, $0.value) })
            case .body(let body): request?.body.append(contentsOf: body.readableBytesView)
            case .end:
                guard let request else { return }
                self.request = nil
                respond(to: request, context)
            }
        }

        private func respond(to request: ConnectorRequest, _ context: ChannelHandlerContext) {
            let fault = fault(request)
            let answer = double.answer(request, at: .current())
            if let fault {
                let channel = context.channel
                context.eventLoop.scheduleTask(in: .milliseconds(fault)) { channel.close(promise: nil) }
                return
            }
            var headers = HTTPHeaders(answer.headers)
            // RFC 9110 section 8.6: no length where there can be no body.
            if answer.status != 204 { headers.replaceOrAdd(name: "Content-Length", value: "\(answer.body.count)") }
            let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: answer.status), headers: headers)
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            if !answer.body.isEmpty {
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil)
            }
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
