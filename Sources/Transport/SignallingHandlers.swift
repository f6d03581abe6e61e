import Glibc
import NIOCore
import NIOTLS
import SIP
import Telephony

/// A datagram is a message.
final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    private let id: ListenerID
    private let accepts: @Sendable (Hop) -> Bool
    private let receive: @Sendable (SignallingServer.Arrival) -> Void

    init(
        _ id: ListenerID, accepts: @escaping @Sendable (Hop) -> Bool,
        receive: @escaping @Sendable (SignallingServer.Arrival) -> Void
    ) {
        self.id = id
        self.accepts = accepts
        self.receive = receive
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard let peer = TransportAddress(envelope.remoteAddress) else { return }
        let hop = Hop(.udp, peer, listener: id)
        guard accepts(hop) else { return }
        receive(.datagram(Array(envelope.data.readableBytesView), hop))
    }

    /// ICMP errors of what was sent: the transaction's timers see to it.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

/// Cuts a stream into messages, and closes it when it is too slow, silent for too long or makes no sense.
final class StreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    /// Told of the error that ends the stream, and whether a message had come over it.
    typealias Break = @Sendable (_ problem: String, _ hasSpoken: Bool) -> Void
    /// How long the handshake of TLS may take.
    private static let handshakeTime = Interval.seconds(10)

    private let hop: Hop
    private let receive: @Sendable (SignallingServer.Arrival) -> Void
    /// Told of each message and each sign of life.
    private let hears: @Sendable (Instant) -> Void
    private let breaks: Break
    private var hasSpoken = false
    private var framer = StreamFramer(at: MonotonicClock.now)
    private var timer: Scheduled<Void>?
    /// Until when the handshake must be over; `nil` when it is, or there is none.
    private var handshakeEnds: Instant?

    init(
        _ hop: Hop, receive: @escaping @Sendable (SignallingServer.Arrival) -> Void,
        hears: @escaping @Sendable (Instant) -> Void, breaks: @escaping Break
    ) {
        self.hop = hop
        self.receive = receive
        self.hears = hears
        self.breaks = breaks
    }

    func channelActive(context: ChannelHandlerContext) {
        if hop.transport == .tls { handshakeEnds = MonotonicClock.now + StreamHandler.handshakeTime }
        watch(context)
    }

    func channelInactive(context: ChannelHandlerContext) { timer?.cancel() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case TLSUserEvent.handshakeCompleted = event else { return }
        handshakeEnds = nil
        watch(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let now = MonotonicClock.now
        framer.receive(unwrapInboundIn(data).readableBytesView, at: now)
        while true {
            switch framer.next(at: now) {
            case .needMore: return watch(context)
            case .message(let message):
                hasSpoken = true
                hears(now)
                receive(.message(message, hop))
            case .ping(let octets):
                hears(now)
                context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: octets)), promise: nil)
            case .failed(let message):
                if let message { receive(.message(message, hop)) }
                return close(context)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        breaks(SocketProblem.sentence(error), hasSpoken)
        close(context)
    }

    private func close(_ context: ChannelHandlerContext) {
        timer?.cancel()
        context.close(promise: nil)
    }

    private func watch(_ context: ChannelHandlerContext) {
        timer?.cancel()
        let deadline = min(framer.deadline, handshakeEnds ?? framer.deadline)
        let wait = max(0, (deadline - MonotonicClock.now).nanoseconds)
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(wait)) { [weak self] in
            guard let self else { return }
            let now = MonotonicClock.now
            if framer.isOverdue(at: now) || handshakeEnds.map({ $0 <= now }) ?? false {
                close(context)
            } else {
                watch(context)
            }
        }
    }
}

extension TransportAddress {
    init?(_ address: SocketAddress) {
        switch address {
        case .v4(let address): self.init(address.address)
        case .v6(let address): self.init(address.address)
        default: return nil
        }
    }
}

extension SocketAddress {
    /// - Parameter isIPv6: of the socket, which may reach IPv4 under addresses of IPv6.
    /// - Throws: ``TransportError`` for an address of IPv6 on a socket of IPv4.
    init(_ address: TransportAddress, isIPv6: Bool) throws(TransportError) {
        guard isIPv6 || address.isIPv4 else { throw TransportError("an IPv4 socket does not reach IPv6") }
        self = address.withSocketAddress(isIPv6: isIPv6) { pointer, _ in
            isIPv6
                ? pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { SocketAddress($0.pointee) }
                : pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { SocketAddress($0.pointee) }
        }
    }
}
