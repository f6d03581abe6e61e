import Glibc
import NIOCore
import NIOPosix
package import SIP
import Synchronization
package import Telephony

/// SIP's sockets: UDP and TCP on SwiftNIO. Octets go to one receiver, messages come from ``send(_:)``.
///
/// It keeps no state of calls: what a datagram or a message means is the user agent's affair.
package final class SignallingServer: Sendable {
    /// What came.
    package enum Arrival: Sendable {
        case datagram([UInt8], Hop)
        case message(SIPMessage, Hop)
        /// A stream broke, or could not be opened.
        case failed(Hop)
    }

    /// Streams that are open, by their number and by peer.
    struct Streams: Sendable {
        var lastID: UInt64 = 0
        var open: [ConnectionID: (channel: any Channel, peer: TransportAddress)] = [:]
        var byPeer: [TransportAddress: ConnectionID] = [:]

        func count(of peer: TransportAddress) -> Int { open.values.count { $0.peer.hasSameHost(as: peer) } }
    }

    /// Streams at a time, from one host and in all.
    static let streamsOfHost = 16
    static let streamsInAll = 1_024

    private let group: MultiThreadedEventLoopGroup
    private let receive: @Sendable (Arrival) -> Void
    private let channels = Mutex<[any Channel]>([])
    private let datagrams = Mutex<(any Channel)?>(nil)
    private let streams = Mutex(Streams())
    /// Whether a stream from there is accepted; who is not known is closed without a word.
    private let accepts: @Sendable (TransportAddress) -> Bool

    /// - Parameters:
    ///   - accepts: asked for each stream that comes.
    ///   - receive: called on the event loop's thread and must not wait.
    package init(
        accepts: @escaping @Sendable (TransportAddress) -> Bool, receive: @escaping @Sendable (Arrival) -> Void
    ) {
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        self.accepts = accepts
        self.receive = receive
    }

    /// Binds UDP and TCP.
    ///
    /// - Returns: the port, which both have.
    /// - Throws: ``TransportError``.
    package func bind(host: String, port: Int) async throws -> Int {
        let udp: any Channel
        do {
            udp = try await DatagramBootstrap(group: group)
                .channelOption(.socketOption(.so_reuseaddr), value: 1)
                .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65_536))
                .channelInitializer { [receive] channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(DatagramHandler(receive))
                    }
                }
                .bind(host: host, port: port).get()
        } catch {
            throw TransportError(
                "SIP over UDP cannot listen on \(host):\(port): \(error); choose another with --sip-port")
        }
        datagrams.withLock { $0 = udp }
        let bound = udp.localAddress?.port ?? port
        do {
            let tcp = try await ServerBootstrap(group: group)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { [weak self] channel in
                    channel.eventLoop.makeCompletedFuture { try self?.begin(channel, to: nil) }
                }
                .bind(host: host, port: bound).get()
            channels.withLock { $0 += [udp, tcp] }
        } catch {
            throw TransportError(
                "SIP over TCP cannot listen on \(host):\(bound): \(error); choose another with --sip-port")
        }
        return bound
    }

    /// Sends a message to where it says; from any thread.
    package func send(_ message: OutgoingMessage) {
        switch message.hop.transport {
        case .udp:
            guard let channel = datagrams.withLock({ $0 }), let address = SocketAddress(message.hop.address) else {
                return
            }
            let buffer = channel.allocator.buffer(bytes: message.octets)
            channel.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: buffer), promise: nil)
        case .tcp: sendOnStream(message)
        default: receive(.failed(message.hop))
        }
    }

    private func sendOnStream(_ message: OutgoingMessage) {
        let open = streams.withLock { streams in
            let id = message.hop.connection ?? streams.byPeer[message.hop.address]
            return id.flatMap { streams.open[$0] }?.channel
                ?? streams.byPeer[message.hop.address].flatMap {
                    streams.open[$0]?.channel
                }
        }
        if let open { return write(message, to: open) }
        guard let address = SocketAddress(message.hop.address) else { return }
        ClientBootstrap(group: group).connectTimeout(.seconds(4))
            .channelInitializer { [weak self] channel in
                channel.eventLoop.makeCompletedFuture { try self?.begin(channel, to: message.hop.address) }
            }
            .connect(to: address)
            .whenComplete { [weak self, receive] result in
                switch result {
                case .success(let channel): self?.write(message, to: channel)
                case .failure: receive(.failed(message.hop))
                }
            }
    }

    private func write(_ message: OutgoingMessage, to channel: any Channel) {
        channel.writeAndFlush(channel.allocator.buffer(bytes: message.octets))
            .whenFailure { [receive] _ in receive(.failed(message.hop)) }
    }

    /// Sets a stream up, or throws it out when there are too many or nobody knows its peer.
    ///
    /// - Parameter target: whom Parley calls; `nil` for a stream that came.
    private func begin(_ channel: any Channel, to target: TransportAddress?) throws {
        let isOutgoing = target != nil
        guard let peer = target ?? channel.remoteAddress.flatMap(TransportAddress.init), isOutgoing || accepts(peer)
        else { throw ChannelError.ioOnClosedChannel }
        let id = streams.withLock { streams -> ConnectionID? in
            guard
                isOutgoing
                    || (streams.open.count < SignallingServer.streamsInAll
                        && streams.count(of: peer) < SignallingServer.streamsOfHost)
            else { return nil }
            streams.lastID += 1
            let id = ConnectionID(streams.lastID)
            streams.open[id] = (channel, peer)
            streams.byPeer[peer] = id
            return id
        }
        guard let id else { throw ChannelError.ioOnClosedChannel }
        channel.closeFuture.whenComplete { [weak self] _ in self?.end(id, peer) }
        try channel.pipeline.syncOperations.addHandler(
            StreamHandler(Hop(.tcp, peer, connection: id), receive: receive))
    }

    private func end(_ id: ConnectionID, _ peer: TransportAddress) {
        streams.withLock { streams in
            streams.open[id] = nil
            if streams.byPeer[peer] == id { streams.byPeer[peer] = nil }
        }
    }

    /// Closes every socket.
    package func stop() async {
        let all = channels.withLock { $0 } + streams.withLock { $0.open.values.map(\.channel) }
        for channel in all { try? await channel.close().get() }
        try? await group.shutdownGracefully()
    }
}

/// A datagram is a message.
private final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    private let receive: @Sendable (SignallingServer.Arrival) -> Void

    init(_ receive: @escaping @Sendable (SignallingServer.Arrival) -> Void) { self.receive = receive }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard let peer = TransportAddress(envelope.remoteAddress) else { return }
        receive(.datagram(Array(envelope.data.readableBytesView), Hop(.udp, peer)))
    }

    /// ICMP errors of what was sent: the transaction's timers see to it.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

/// Cuts a stream into messages, and closes it when it is too slow, silent for too long or makes no sense.
private final class StreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let hop: Hop
    private let receive: @Sendable (SignallingServer.Arrival) -> Void
    private var framer = StreamFramer(at: MonotonicClock.now)
    private var timer: Scheduled<Void>?

    init(_ hop: Hop, receive: @escaping @Sendable (SignallingServer.Arrival) -> Void) {
        self.hop = hop
        self.receive = receive
    }

    func channelActive(context: ChannelHandlerContext) { watch(context) }

    func channelInactive(context: ChannelHandlerContext) { timer?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let now = MonotonicClock.now
        framer.receive(unwrapInboundIn(data).readableBytesView, at: now)
        while true {
            switch framer.next(at: now) {
            case .needMore: return watch(context)
            case .message(let message): receive(.message(message, hop))
            case .ping(let octets):
                context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: octets)), promise: nil)
            case .failed(let message):
                if let message { receive(.message(message, hop)) }
                return close(context)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { close(context) }

    private func close(_ context: ChannelHandlerContext) {
        timer?.cancel()
        context.close(promise: nil)
    }

    private func watch(_ context: ChannelHandlerContext) {
        timer?.cancel()
        let wait = max(0, (framer.deadline - MonotonicClock.now).nanoseconds)
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(wait)) { [weak self] in
            guard let self else { return }
            if framer.isOverdue(at: MonotonicClock.now) { close(context) } else { watch(context) }
        }
    }
}

extension TransportAddress {
    fileprivate init?(_ address: SocketAddress) {
        switch address {
        case .v4(let address): self.init(address.address)
        case .v6(let address): self.init(address.address)
        default: return nil
        }
    }
}

extension SocketAddress {
    fileprivate init?(_ address: TransportAddress) {
        let isIPv6 = !address.isIPv4
        let made: SocketAddress = address.withSocketAddress(isIPv6: isIPv6) { pointer, _ in
            isIPv6
                ? pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { SocketAddress($0.pointee) }
                : pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { SocketAddress($0.pointee) }
        }
        self = made
    }
}
