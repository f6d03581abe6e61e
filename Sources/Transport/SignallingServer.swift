import Glibc
import NIOCore
import NIOPosix
package import SIP
import Synchronization
package import Telephony

/// SIP's sockets: UDP, TCP and TLS on SwiftNIO. Octets go to one receiver, messages come from ``send(_:)``.
///
/// It keeps no state of calls: what a datagram or a message means is the user agent's affair. Who is not known gets no
/// answer: a datagram is dropped before it is read, a stream is closed before a word of it is.
package final class SignallingServer: Sendable {
    /// What came.
    package enum Arrival: Sendable {
        case datagram([UInt8], Hop)
        case message(SIPMessage, Hop)
        /// A stream to there broke, or could not be opened, and why.
        case failed(Hop, String)
        /// Who called in by TLS from there was turned away, or went away, before a word of SIP, and why.
        case unsecured(Hop, String)
    }

    /// A socket that is open.
    struct Listener: Sendable {
        var transport: SIPTransport
        /// `nil` for one over which nothing comes: streams are opened in its name.
        var channel: (any Channel)?
        /// It takes and reaches IPv4 under addresses of IPv6.
        var isIPv6: Bool
        var tls: TLSIdentity?
        /// Where it is bound.
        var local: TransportAddress?
    }

    private struct State: Sendable {
        var lastID = -1
        var listeners: [ListenerID: Listener] = [:]
        var streams: SignallingStreams

        /// The socket that a hop names, or the first of its transport.
        func listener(for hop: Hop) -> Listener? {
            if let id = hop.listener, let listener = listeners[id], listener.transport == hop.transport {
                return listener
            }
            return listeners.filter { $0.value.transport == hop.transport }.min { $0.key < $1.key }?.value
        }
    }

    /// Octets that a UDP socket may keep until they are read, as far as the system allows: what comes while the thread that
    /// reads does something else.
    private static let receiveBuffer = 4 << 20

    private let group: MultiThreadedEventLoopGroup
    private let state: Mutex<State>
    private let receive: @Sendable (Arrival) -> Void
    /// Whether what comes that way is looked at.
    private let accepts: @Sendable (Hop) -> Bool

    /// - Parameters:
    ///   - streamLimit: the most streams at a time that came.
    ///   - accepts: asked for each datagram and each stream that comes.
    ///   - receive: called on the event loop's thread and must not wait.
    package init(
        streamLimit: Int = 1_024, accepts: @escaping @Sendable (Hop) -> Bool,
        receive: @escaping @Sendable (Arrival) -> Void
    ) {
        state = Mutex(State(streams: SignallingStreams(limit: streamLimit)))
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        self.accepts = accepts
        self.receive = receive
    }

    // MARK: - Listeners

    /// Opens a socket.
    ///
    /// - Parameters:
    ///   - address: with port 0 the kernel finds one; `::` takes IPv4 too.
    ///   - dscp: of what is sent over UDP, 0 to 63 (RFC 2474).
    ///   - tls: for TLS, and for streams that are opened from here.
    /// - Returns: the socket's name, and where it is bound.
    /// - Throws: ``TransportError``.
    package func open(
        _ transport: SIPTransport, _ address: TransportAddress, dscp: UInt8 = 0, tls: TLSIdentity? = nil
    ) async throws -> (id: ListenerID, port: UInt16) {
        let id = state.withLock { state in
            state.lastID += 1
            return ListenerID(state.lastID)
        }
        let channel: any Channel
        do {
            channel =
                try await transport == .udp
                ? bindDatagrams(id, address, dscp) : bindStreams(id, transport, address)
        } catch {
            throw TransportError(
                "SIP over \(transport.viaName) cannot listen on \(address.hostAndPort): \(SocketProblem.sentence(error)); choose another address or port"
            )
        }
        let listener = Listener(
            transport: transport, channel: channel, isIPv6: !address.isIPv4, tls: tls,
            local: channel.localAddress.flatMap { TransportAddress($0) })
        state.withLock { $0.listeners[id] = listener }
        return (id, channel.localAddress?.port.map { UInt16(clamping: $0) } ?? address.port)
    }

    /// Streams of TLS may be opened with these certificates, and none are taken.
    package func openForCalling(tls: TLSIdentity) -> ListenerID {
        state.withLock { state in
            state.lastID += 1
            let id = ListenerID(state.lastID)
            state.listeners[id] = Listener(transport: .tls, channel: nil, isIPv6: false, tls: tls)
            return id
        }
    }

    /// Closes a socket; streams that came over it go on.
    package func close(_ id: ListenerID) async {
        let listener = state.withLock { $0.listeners.removeValue(forKey: id) }
        try? await listener?.channel?.close().get()
    }

    /// Another certificate for the streams that come, and are opened, from now on; those that are open go on.
    package func replace(tls: TLSIdentity, of id: ListenerID) {
        state.withLock { $0.listeners[id]?.tls = tls }
    }

    private func bindDatagrams(_ id: ListenerID, _ address: TransportAddress, _ dscp: UInt8) async throws
        -> any Channel
    {
        let isIPv6 = !address.isIPv4
        let level = NIOBSDSocket.OptionLevel(rawValue: CInt(isIPv6 ? IPPROTO_IPV6 : IPPROTO_IP))
        let name = NIOBSDSocket.Option(rawValue: CInt(isIPv6 ? IPV6_TCLASS : IP_TOS))
        return try await DatagramBootstrap(group: group)
            .channelOption(.socketOption(.so_reuseaddr), value: 1)
            .channelOption(.socketOption(.so_rcvbuf), value: SignallingServer.receiveBuffer)
            .channelOption(ChannelOptions.Types.SocketOption(level: level, name: name), value: Int(dscp & 63) << 2)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65_536))
            .channelInitializer { [receive, accepts] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        DatagramHandler(id, accepts: accepts, receive: receive))
                }
            }
            .bind(to: try SocketAddress(address, isIPv6: isIPv6)).get()
    }

    private func bindStreams(_ id: ListenerID, _ transport: SIPTransport, _ address: TransportAddress) async throws
        -> any Channel
    {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { [weak self] channel in
                channel.eventLoop.makeCompletedFuture { try self?.accept(channel, transport, id) }
            }
            .bind(to: try SocketAddress(address, isIPv6: !address.isIPv4)).get()
    }

    /// Parley's own end of a way: the socket that a hop names, or the first of its transport. An address that stands for
    /// every one is told as it is.
    package func local(of hop: Hop) -> TransportAddress? { state.withLock { $0.listener(for: hop)?.local } }

    /// Datagrams for which the open UDP sockets had no room.
    package func lostDatagrams() async -> Int64 {
        let channels = state.withLock { state in
            state.listeners.values.filter { $0.transport == .udp }.compactMap(\.channel)
        }
        var lost: Int64 = 0
        for channel in channels {
            guard let options = channel as? any SocketOptionProvider else { continue }
            let memory: SocketMemory? = try? await options.unsafeGetSocketOption(
                level: .socket, name: NIOBSDSocket.Option(rawValue: SocketMemory.option)
            ).get()
            lost += Int64(memory?.lost ?? 0)
        }
        return lost
    }

    // MARK: - Sending

    /// Sends a message to where it says; from any thread.
    package func send(_ message: OutgoingMessage) {
        guard message.hop.transport == .udp else { return sendOnStream(message) }
        let listener = state.withLock { $0.listener(for: message.hop) }
        guard let listener, let channel = listener.channel,
            let address = try? SocketAddress(message.hop.address, isIPv6: listener.isIPv6)
        else { return receive(.failed(message.hop, "there is no socket for it")) }
        let buffer = channel.allocator.buffer(bytes: message.octets)
        channel.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: buffer), promise: nil)
    }

    private func sendOnStream(_ message: OutgoingMessage) {
        let key = StreamKey(message.hop)
        let (open, waiting, listener) = state.withLock { state in
            (
                state.streams.channel(for: message.hop), state.streams.connecting[key],
                state.listener(for: message.hop)
            )
        }
        if let open { return write(message, to: open) }
        if let waiting { return write(message, when: waiting) }
        guard let address = try? SocketAddress(message.hop.address, isIPv6: !message.hop.address.isIPv4) else {
            return receive(.failed(message.hop, "there is no socket for it"))
        }
        let future = ClientBootstrap(group: group).connectTimeout(.seconds(4))
            .channelInitializer { [weak self] channel in
                channel.eventLoop.makeCompletedFuture { try self?.begin(channel, message.hop, listener) }
            }
            .connect(to: address)
        state.withLock { $0.streams.connecting[key] = future }
        future.whenComplete { [weak self] _ in
            _ = self?.state.withLock { $0.streams.connecting.removeValue(forKey: key) }
        }
        write(message, when: future)
    }

    private func write(_ message: OutgoingMessage, when future: EventLoopFuture<any Channel>) {
        future.whenComplete { [weak self, receive] result in
            switch result {
            case .success(let channel): self?.write(message, to: channel)
            case .failure(let error): receive(.failed(message.hop, SocketProblem.sentence(error)))
            }
        }
    }

    private func write(_ message: OutgoingMessage, to channel: any Channel) {
        channel.writeAndFlush(channel.allocator.buffer(bytes: message.octets))
            .whenFailure { [receive] error in receive(.failed(message.hop, SocketProblem.sentence(error))) }
    }

    // MARK: - Streams

    /// A stream came: it is set up, or thrown out when nobody knows its peer or there are too many.
    private func accept(_ channel: any Channel, _ transport: SIPTransport, _ id: ListenerID) throws {
        guard let peer = channel.remoteAddress.flatMap(TransportAddress.init) else {
            throw ChannelError.ioOnClosedChannel
        }
        let hop = Hop(transport, peer, listener: id)
        guard accepts(hop) else { throw ChannelError.ioOnClosedChannel }
        let identity = state.withLock { $0.listeners[id]?.tls }
        let added = state.withLock { $0.streams.add(channel, hop, isOutgoing: false, at: MonotonicClock.now) }
        guard let (connection, quiet) = added else { throw ChannelError.ioOnClosedChannel }
        quiet?.close(promise: nil)
        if transport == .tls {
            guard let identity else { throw ChannelError.ioOnClosedChannel }
            try channel.pipeline.syncOperations.addHandler(try identity.serverHandler())
        }
        try finish(channel, hop, connection) { [receive] problem, hasSpoken in
            if transport == .tls, !hasSpoken { receive(.unsecured(hop, problem)) }
        }
    }

    /// A stream is opened by Parley.
    private func begin(_ channel: any Channel, _ target: Hop, _ listener: Listener?) throws {
        var hop = target
        hop.connection = nil
        if hop.transport == .tls {
            guard let identity = listener?.tls else { throw ChannelError.ioOnClosedChannel }
            try channel.pipeline.syncOperations.addHandler(identity.clientHandler(hop.serverName))
        }
        let added = state.withLock { $0.streams.add(channel, hop, isOutgoing: true, at: MonotonicClock.now) }
        guard let (connection, _) = added else { throw ChannelError.ioOnClosedChannel }
        // With TLS 1.3 a server tells that it does not take a certificate when requests have gone out to it already.
        try finish(channel, hop, connection) { [receive] problem, _ in receive(.failed(target, problem)) }
    }

    private func finish(
        _ channel: any Channel, _ hop: Hop, _ connection: ConnectionID, breaks: @escaping StreamHandler.Break
    ) throws {
        var hop = hop
        hop.connection = connection
        channel.closeFuture.whenComplete { [weak self] _ in
            self?.state.withLock { $0.streams.remove(connection) }
        }
        let hears = { @Sendable [weak self] (now: Instant) -> Void in
            self?.state.withLock { $0.streams.heard(connection, at: now) }
        }
        let handler = StreamHandler(hop, receive: receive, hears: hears, breaks: breaks)
        try channel.pipeline.syncOperations.addHandler(handler)
    }

    /// Closes every socket.
    package func stop() async {
        let all = state.withLock { state in
            state.listeners.values.compactMap(\.channel) + state.streams.channels
        }
        for channel in all { try? await channel.close().get() }
        try? await group.shutdownGracefully()
    }
}
