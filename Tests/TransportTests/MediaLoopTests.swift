import CallControl
import CallFlow
import DSP
import RTP
import SIP
import Synchronization
import Telephony
import Testing
import Transport

@Suite("MediaLoop")
struct MediaLoopTests {
    private static let loopback = TransportAddress(ipv4: 0x7F00_0001, port: 0)

    private static func agent() -> Agent {
        let start = Topic(name: "Start", trigger: Trigger(kind: .onConversationStart), actions: [])
        let keys = Topic(name: "Keys", trigger: Trigger(kind: .onUnknownDtmfKey), actions: [])
        return Agent(name: "line", settings: VoiceSettings(), topics: [start, keys], environment: [:])
    }

    private static func admission(_ ports: MediaPortPair, remote: TransportAddress) -> Admission {
        var generator = SeededGenerator(seed: 1)
        let media = MediaDescription(
            codec: .pcmu, payloadType: 0, telephoneEventPayloadType: 101, port: ports.rtp, rtcpPort: ports.rtcp,
            remote: remote, remoteRTCP: remote)
        return Admission(
            call: "live", from: "a", to: "b", startedAt: MonotonicClock.wallTime, timeZone: "UTC", agent: agent(),
            caller: media, entropy: CallEntropy(from: &generator))
    }

    @Test("a call's packets go out on its port, a key that comes in is heard, and the call ends when it is told to")
    func call() async throws {
        let sockets = try MediaSockets(MediaLoopTests.loopback, ports: 21_000...21_099, dscp: 46)
        let ports = try #require(sockets.pairs.first)
        let phone = try DatagramSocket(MediaLoopTests.loopback)
        // The loop runs on the clock of the wall, and whoever reads its facts may come late on a busy machine.
        var configuration = SwitchboardConfiguration()
        configuration.mediaTimeout = .seconds(3_600)
        let loop = try MediaLoop(configuration, sockets: sockets) { _ in }
        try loop.run()
        loop.post(.admit(MediaLoopTests.admission(ports, remote: phone.local)))
        var digits: [String] = []
        var packets = 0
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 2_048, alignment: 16)
        defer { room.deallocate() }
        for await output in loop.outputs {
            loop.taken()
            guard case .fact(let event) = output else { continue }
            switch event.body {
            case .callAnswered:
                for packet in MediaLoopTests.key() {
                    packet.withUnsafeBytes {
                        _ = phone.send($0, to: TransportAddress(ipv4: 0x7F00_0001, port: ports.number))
                    }
                }
            case .digit(let digit):
                digits.append("\(digit.digit)")
                while phone.receive(into: room) != nil { packets += 1 }
                loop.post(.callerHungUp("live"))
            case .callEnded: loop.stop()
            default: break
            }
        }
        #expect(digits == ["7"])
        #expect(packets > 0)
    }

    private static func signalling(_ ports: [MediaPortPair]) -> SignallingConfiguration {
        let host = Host.ipv4(0x7F00_0001)
        let trunk = Trunk(
            name: "phones", signalling: [.loopback], media: [.loopback], capabilities: MediaCapabilities(),
            agents: ["100": agent()])
        return SignallingConfiguration(
            trunks: [trunk], advertised: [.udp: AdvertisedAddress(host: host, port: 5_060)], mediaHost: host,
            ports: ports, entropy: Entropy(SeededGenerator(seed: 3)))
    }

    private static let invite = """
        INVITE sip:100@127.0.0.1 SIP/2.0\r
        Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK-a;rport\r
        Max-Forwards: 70\r
        From: <sip:ann@127.0.0.1>;tag=a\r
        To: <sip:100@127.0.0.1>\r
        Call-ID: a\r
        CSeq: 1 INVITE\r
        Contact: <sip:ann@127.0.0.1:5070>\r
        Content-Length: 0\r
        \r

        """

    @Test(
        "while its thread uses more of a core than it may, a new call gets 503 with Retry-After and the running one goes on",
        arguments: [(limit: 0.0 as Double?, status: 503), (limit: nil, status: 200)])
    func load(limit: Double?, status: Int) async throws {
        let first: UInt16 = limit == nil ? 21_400 : 21_300
        let sockets = try MediaSockets(MediaLoopTests.loopback, ports: first...(first + 99), dscp: 0)
        let phone = try DatagramSocket(MediaLoopTests.loopback)
        var pairs = sockets.pairs
        let running = pairs.removeFirst()
        var configuration = SwitchboardConfiguration()
        configuration.mediaTimeout = .seconds(3_600)
        configuration.signalling = MediaLoopTests.signalling(pairs)
        var rules = MediaLoop.Configuration()
        rules.loadLimit = limit
        let (messages, told) = AsyncStream<[UInt8]>.makeStream()
        let loop = try MediaLoop(configuration, sockets: sockets, configuration: rules) { told.yield($0.octets) }
        try loop.run()
        loop.post(.admit(MediaLoopTests.admission(running, remote: phone.local)))
        // Two windows in which the call had ticks.
        try await Task.sleep(for: .milliseconds(600))
        let hop = Hop(.udp, TransportAddress(ipv4: 0x7F00_0001, port: 5_070))
        loop.post(.signalling(.datagram(Array(MediaLoopTests.invite.utf8), hop)))
        var answer = ""
        for await octets in messages {
            answer = String(decoding: octets, as: UTF8.self)
            if !answer.hasPrefix("SIP/2.0 100") { break }
        }
        #expect(answer.hasPrefix("SIP/2.0 \(status) "))
        #expect(answer.contains("Retry-After: 5") == (status == 503))
        var isRunning = true
        loop.post(.callerHungUp("live"))
        for await output in loop.outputs {
            loop.taken()
            guard case .fact(let event) = output, event.call == "live", case .callEnded(let end) = event.body else {
                continue
            }
            isRunning = end.by == .caller
            loop.stop()
        }
        #expect(isRunning)
    }

    @Test("whoever floods a call's port from elsewhere is sent nothing, and the caller's key is heard all the same")
    func attacker() async throws {
        let sockets = try MediaSockets(MediaLoopTests.loopback, ports: 21_100...21_199, dscp: 0)
        let ports = try #require(sockets.pairs.first)
        let target = TransportAddress(ipv4: 0x7F00_0001, port: ports.number)
        let phone = try DatagramSocket(MediaLoopTests.loopback)
        let stranger = try DatagramSocket(MediaLoopTests.loopback)
        var configuration = SwitchboardConfiguration()
        configuration.mediaTimeout = .seconds(3_600)
        let loop = try MediaLoop(configuration, sockets: sockets) { _ in }
        try loop.run()
        loop.post(.admit(MediaLoopTests.admission(ports, remote: phone.local)))
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 2_048, alignment: 16)
        defer { room.deallocate() }
        var digits: [String] = []
        var leaked = 0
        for await output in loop.outputs {
            loop.taken()
            guard case .fact(let event) = output else { continue }
            switch event.body {
            case .callAnswered:
                // The caller's own stream by its numbers, with another key.
                for packet in MediaLoopTests.key("3") + MediaLoopTests.key("4") {
                    packet.withUnsafeBytes { for _ in 0..<5 { _ = stranger.send($0, to: target) } }
                }
                for packet in MediaLoopTests.key() { packet.withUnsafeBytes { _ = phone.send($0, to: target) } }
            case .digit(let digit):
                digits.append("\(digit.digit)")
                while stranger.receive(into: room) != nil { leaked += 1 }
                loop.post(.callerHungUp("live"))
            case .callEnded: loop.stop()
            default: break
            }
        }
        #expect(digits == ["7"] && leaked == 0)
    }

    /// The packets of a key that is down for 100 ms, all at once.
    private static func key(_ name: Character = "7") -> [[UInt8]] {
        guard let digit = Digit(name) else { return [] }
        var sender = TelephoneEventSender(
            digit, duration: .milliseconds(100), clockRate: ClockRate(8_000))
        var packets: [[UInt8]] = []
        while let report = sender.next() {
            var bytes = [UInt8](repeating: 0, count: 16)
            var span = bytes.mutableSpan
            RTPHeader(
                marker: report.marker, payloadType: 101, sequenceNumber: UInt16(packets.count), timestamp: 0, ssrc: 5
            ).write(into: &span)
            report.event.write(into: &span, at: 12)
            packets.append(bytes)
        }
        return packets
    }

    @Test("ports that somebody has are passed over, and none at all is an error")
    func ports() throws {
        let taken = try DatagramSocket(TransportAddress(ipv4: 0x7F00_0001, port: 21_201))
        let sockets = try MediaSockets(MediaLoopTests.loopback, ports: 21_200...21_205, dscp: 0)
        #expect(sockets.pairs.map(\.number) == [21_202, 21_204])
        #expect(throws: TransportError.self) {
            _ = try MediaSockets(MediaLoopTests.loopback, ports: 21_200...21_201, dscp: 0)
        }
        _ = taken.local
    }

    @Test("a datagram arrives with its source, over IPv4 and IPv6")
    func datagrams() throws {
        for address in [MediaLoopTests.loopback, TransportAddress(high: 0, low: 1, port: 0)] {
            guard let a = try? DatagramSocket(address) else { continue }
            let b = try DatagramSocket(address)
            [1, 2, 3].withUnsafeBytes { _ = a.send($0, to: b.local) }
            let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 16)
            defer { room.deallocate() }
            let received = b.receive(into: room)
            #expect(received?.source == a.local)
            #expect(received?.count == 24)
            #expect(b.receive(into: room) == nil)
        }
    }
}

@Suite("SignallingServer")
struct SignallingServerTests {
    /// What came, in order.
    private static func server(
        accepts: Bool = true
    ) async throws -> (server: SignallingServer, port: Int, arrivals: AsyncStream<SignallingServer.Arrival>) {
        let (stream, continuation) = AsyncStream.makeStream(of: SignallingServer.Arrival.self)
        let server = SignallingServer(accepts: { _ in accepts }, receive: { continuation.yield($0) })
        let port = try await server.open(.udp, TransportAddress(ipv4: 0x7F00_0001, port: 0)).port
        _ = try await server.open(.tcp, TransportAddress(ipv4: 0x7F00_0001, port: port))
        return (server, Int(port), stream)
    }

    private static let options = Array(
        """
        OPTIONS sip:a@127.0.0.1 SIP/2.0\r
        Via: SIP/2.0/TCP 127.0.0.1:5070;branch=z9hG4bK-1\r
        From: <sip:b@127.0.0.1>;tag=1\r
        To: <sip:a@127.0.0.1>\r
        Call-ID: 1\r
        CSeq: 1 OPTIONS\r
        Content-Length: 0\r
        \r

        """.utf8)

    @Test("a datagram comes with its source, and the answer goes back")
    func datagram() async throws {
        let (server, port, arrivals) = try await SignallingServerTests.server()
        let target = TransportAddress(ipv4: 0x7F00_0001, port: UInt16(port))
        let phone = try await SignallingServerTests.server()
        phone.server.send(OutgoingMessage(octets: SignallingServerTests.options, hop: Hop(.udp, target)))
        for await arrival in arrivals {
            guard case .datagram(let octets, let hop) = arrival else { break }
            #expect(octets == SignallingServerTests.options)
            #expect(hop.address.port == UInt16(phone.port))
            server.send(OutgoingMessage(octets: [1, 2], hop: hop))
            break
        }
        for await arrival in phone.arrivals {
            if case .datagram(let octets, _) = arrival { #expect(octets == [1, 2]) }
            break
        }
        await server.stop()
        await phone.server.stop()
    }

    @Test("a message on a stream is cut out, and the answer goes back on the same stream")
    func stream() async throws {
        let (server, port, arrivals) = try await SignallingServerTests.server()
        let target = TransportAddress(ipv4: 0x7F00_0001, port: UInt16(port))
        let phone = try await SignallingServerTests.server()
        phone.server.send(OutgoingMessage(octets: SignallingServerTests.options, hop: Hop(.tcp, target)))
        for await arrival in arrivals {
            guard case .message(let message, let hop) = arrival else { break }
            #expect(message.method == .options && hop.connection != nil)
            server.send(OutgoingMessage(octets: SignallingServerTests.options, hop: hop))
            break
        }
        for await arrival in phone.arrivals {
            if case .message(let message, _) = arrival {
                #expect(message.callID == "1")
            } else {
                Issue.record("no message")
            }
            break
        }
        await server.stop()
        await phone.server.stop()
    }

    @Test("a stream from somebody who is not known is closed without a word")
    func unknown() async throws {
        let (server, port, _) = try await SignallingServerTests.server(accepts: false)
        let target = TransportAddress(ipv4: 0x7F00_0001, port: UInt16(port))
        let phone = try await SignallingServerTests.server()
        let hop = Hop(.tcp, target)
        for _ in 0..<3 { phone.server.send(OutgoingMessage(octets: SignallingServerTests.options, hop: hop)) }
        await server.stop()
        phone.server.send(OutgoingMessage(octets: SignallingServerTests.options, hop: hop))
        for await arrival in phone.arrivals {
            if case .failed(let failed, _) = arrival { #expect(failed == hop) } else { Issue.record("an answer") }
            break
        }
        await phone.server.stop()
    }
}
