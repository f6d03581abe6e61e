import Glibc
import SIP
import Synchronization
import Telephony
import Testing
import Transport

@Suite("Streams of strangers, and of those who say nothing", .serialized)
struct SignallingStreamTests {
    private static let loopback: UInt32 = 0x7F00_0001

    /// What came, for a test that waits for it.
    private final class Arrivals: Sendable {
        private let continuation: AsyncStream<SignallingServer.Arrival>.Continuation
        let stream: AsyncStream<SignallingServer.Arrival>

        init() { (stream, continuation) = AsyncStream.makeStream() }
        func put(_ arrival: SignallingServer.Arrival) { continuation.yield(arrival) }

        /// The next that is a message of a stream, or a datagram.
        func next() async -> (method: SIPMethod?, hop: Hop)? {
            for await arrival in stream {
                switch arrival {
                case .datagram(let octets, let hop): return ((try? SIPMessage(parsing: octets))?.method, hop)
                case .message(let message, let hop): return (message.method, hop)
                case .failed, .unsecured: continue
                }
            }
            return nil
        }
    }

    /// A plain TCP connection to a port of loopback, from an address of loopback.
    private struct Client: ~Copyable {
        let descriptor: Int32

        init?(to port: UInt16, from address: UInt32 = SignallingStreamTests.loopback) {
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var limit = timeval(tv_sec: 60, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            let isThere =
                Client.with(address, 0) { bind(descriptor, $0, $1) } == 0
                && Client.with(SignallingStreamTests.loopback, port) { connect(descriptor, $0, $1) } == 0
            guard isThere else { return nil }
        }

        deinit { close(descriptor) }

        private static func with(
            _ address: UInt32, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
        ) -> Int32 {
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = port.bigEndian
            name.sin_addr.s_addr = address.bigEndian
            return withUnsafePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }

        func send(_ text: String) { _ = Glibc.send(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL)) }

        /// Waits until the far end closes, whatever it says before.
        func isClosed() -> Bool {
            var octets = [UInt8](repeating: 0, count: 256)
            while true {
                let count = recv(descriptor, &octets, octets.count, 0)
                if count <= 0 { return count == 0 || errno == ECONNRESET }
            }
        }
    }

    private static func options(_ number: Int) -> String {
        """
        OPTIONS sip:127.0.0.1 SIP/2.0\r
        Via: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK\(number)\r
        From: <sip:a@127.0.0.1>;tag=1\r
        To: <sip:127.0.0.1>\r
        Call-ID: \(number)\r
        CSeq: 1 OPTIONS\r
        Max-Forwards: 70\r
        Content-Length: 0\r
        \r

        """
    }

    @Test("connections that say nothing keep nobody else out: one host has sixteen, another is heard")
    func idle() async throws {
        let arrivals = Arrivals()
        let server = SignallingServer(accepts: { _ in true }, receive: { arrivals.put($0) })
        let (_, port) = try await server.open(.tcp, TransportAddress(ipv4: SignallingStreamTests.loopback, port: 0))
        let closed = await Self.blocking {
            var held: [Int32] = []
            // They connect and say nothing; the last ones are thrown out, the first stay.
            for _ in 0..<16 { if let client = Client(to: port) { held.append(dup(client.descriptor)) } }
            var closed = 0
            for _ in 0..<8 { if let client = Client(to: port), client.isClosed() { closed += 1 } }
            if let other = Client(to: port, from: 0x7F00_0002) {
                other.send(SignallingStreamTests.options(7))
                held.append(dup(other.descriptor))
            }
            return (closed, held)
        }
        #expect(closed.0 == 8)
        let arrival = await arrivals.next()
        #expect(arrival?.method == .options)
        #expect(arrival?.hop.address.ipv4 == 0x7F00_0002)
        for descriptor in closed.1 { Glibc.close(descriptor) }
        await server.stop()
    }

    @Test("where there are as many as there may be, the oldest that never said anything makes room")
    func room() async throws {
        let arrivals = Arrivals()
        let limit = 40
        let server = SignallingServer(
            streamLimit: limit, accepts: { _ in true }, receive: { arrivals.put($0) })
        let (_, port) = try await server.open(.tcp, TransportAddress(ipv4: SignallingStreamTests.loopback, port: 0))
        guard let speaker = Client(to: port, from: 0x7F00_0004) else {
            Issue.record("no stream can be opened")
            return
        }
        speaker.send(SignallingStreamTests.options(1))
        #expect(await arrivals.next()?.hop.address.ipv4 == 0x7F00_0004)
        let held = await Self.blocking {
            // Sixteen of a host, of so many hosts that no room is left.
            (1..<limit).compactMap { index in
                guard let client = Client(to: port, from: 0x7F02_0001 + UInt32(index / 16)) else { return Int32?.none }
                return dup(client.descriptor)
            }
        }
        #expect(held.count == limit - 1)
        let isFirstClosed = await Self.blocking {
            guard let late = Client(to: port, from: 0x7F00_0005) else { return false }
            late.send(SignallingStreamTests.options(2))
            var octet: UInt8 = 0
            let isClosed = held.first.map { recv($0, &octet, 1, 0) <= 0 } ?? false
            speaker.send(SignallingStreamTests.options(3))
            return isClosed
        }
        #expect(isFirstClosed)
        var heard: Set<UInt32?> = []
        for _ in 0..<2 { heard.insert(await arrivals.next()?.hop.address.ipv4) }
        #expect(heard == [0x7F00_0005, 0x7F00_0004], "who has said something is not the one that goes")
        for descriptor in held { Glibc.close(descriptor) }
        await server.stop()
    }

    @Test("a stream from nowhere known is closed before a word of it is read")
    func strangers() async throws {
        let arrivals = Arrivals()
        let server = SignallingServer(
            accepts: { $0.address.ipv4 != 0x7F00_0003 }, receive: { arrivals.put($0) })
        let (_, port) = try await server.open(.tcp, TransportAddress(ipv4: SignallingStreamTests.loopback, port: 0))
        let isClosed = await Self.blocking {
            guard let stranger = Client(to: port, from: 0x7F00_0003) else { return false }
            stranger.send(SignallingStreamTests.options(1))
            let isClosed = stranger.isClosed()
            if let friend = Client(to: port) { friend.send(SignallingStreamTests.options(2)) }
            return isClosed
        }
        #expect(isClosed)
        #expect(await arrivals.next()?.hop.address.ipv4 == SignallingStreamTests.loopback)
        await server.stop()
    }

    @Test("what is no SIP, or longer than SIP is, ends its stream")
    func garbage() async throws {
        let arrivals = Arrivals()
        let server = SignallingServer(accepts: { _ in true }, receive: { arrivals.put($0) })
        let (_, port) = try await server.open(.tcp, TransportAddress(ipv4: SignallingStreamTests.loopback, port: 0))
        let texts = [
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            "OPTIONS sip:a SIP/2.0\r\nX: " + String(repeating: "x", count: 20_000),
            SignallingStreamTests.options(1).replacing("Content-Length: 0", with: "Content-Length: 99999999999"),
        ]
        let closed = await Self.blocking {
            texts.map { text in
                guard let client = Client(to: port) else { return false }
                client.send(text)
                return client.isClosed()
            }
        }
        #expect(closed == [true, true, true])
        await server.stop()
    }

    /// Runs what waits on a thread of its own.
    private static func blocking<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            let box = Box { continuation.resume(returning: body()) }
            var thread = pthread_t()
            pthread_create(
                &thread, nil,
                { raw in
                    guard let raw else { return nil }
                    Unmanaged<Box>.fromOpaque(raw).takeRetainedValue().run()
                    return nil
                }, Unmanaged.passRetained(box).toOpaque())
            pthread_detach(thread)
        }
    }

    private final class Box {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }
}
