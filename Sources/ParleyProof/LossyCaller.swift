import CLinux
import CallControl
import Foundation
import Glibc
import RTP
import Replay
import Telephony
import Transport

/// A caller behind a bad network: all that it sends and receives is lost, delayed and doubled from a seed, signalling as
/// well as media. It repeats its requests as RFC 3261 says, presses keys by RFC 4733 and knows which of them left the
/// network.
struct LossyCaller {
    /// How far the call is.
    private enum Stage { case inviting, talking, leaving, over }

    /// A request that waits for its answer.
    private struct Request {
        var text: String
        var again: Instant
        var interval: Interval
    }

    let number: Int
    private let target: UInt16
    private let sip: LossySocket
    private let media: LossySocket
    private let length: Interval
    private var stage = Stage.inviting
    private var request: Request?
    private var tag = ""
    private var remote: TransportAddress?
    private var answeredAt: Instant?
    private var nextPacket = Instant.zero
    private var sequence: UInt16 = 0
    private var pressing: (sender: TelephoneEventSender, key: Int)?
    private var packetKeys: [Int: Int] = [:]
    private var packets = 0
    private(set) var keys: [Digit] = []
    /// The keys of which a packet left the network, by their place in ``keys``.
    private(set) var delivered: Set<Int> = []
    private(set) var setup: Interval?
    private let begin: Instant
    private var inviteArrived: Instant?
    private var byeArrived: Instant?
    /// Messages that were sent before the first BYE.
    private var messagesBeforeBye = Int.max
    private var random: SeededGenerator

    /// T1 and the longest pause between repeats (RFC 3261 section 17.1.1.1).
    private static let firstRepeat = Interval.milliseconds(500)
    private static let longestRepeat = Interval.seconds(4)
    /// After so long without an answer the call is given up (64 T1).
    private static let patience = Interval.seconds(32)

    /// - Parameters:
    ///   - signalling: what the network does to SIP.
    ///   - impairment: what it does to media.
    init(
        _ number: Int, target: UInt16, length: Interval, signalling: NetworkImpairment,
        media impairment: NetworkImpairment,
        seed: UInt64
    ) throws {
        self.number = number
        self.target = target
        self.length = length
        sip = try LossySocket(signalling, seed: seed &* 4)
        media = try LossySocket(impairment, seed: seed &* 4 &+ 1)
        random = SeededGenerator(seed: seed)
        begin = MonotonicClock.now
        ask(message("INVITE", sequence: 1, body: offer), at: begin)
    }

    var isOver: Bool { stage == .over }
    /// The call was answered.
    var isSetUp: Bool { answeredAt != nil }
    /// How long the call was for the service: from the moment at which an INVITE reached it to that of a BYE.
    var servedTime: Interval? {
        guard let inviteArrived, let byeArrived else { return nil }
        return byeArrived - inviteArrived
    }

    // MARK: - SIP

    private var offer: String {
        """
        v=0\r
        o=- 1 1 IN IP4 127.0.0.1\r
        s=-\r
        c=IN IP4 127.0.0.1\r
        t=0 0\r
        m=audio \(media.port) RTP/AVP 0 101\r
        a=rtpmap:0 PCMU/8000\r
        a=rtpmap:101 telephone-event/8000\r

        """
    }

    private func message(_ method: String, sequence: Int, body: String = "") -> String {
        """
        \(method) sip:100@127.0.0.1:\(target) SIP/2.0\r
        Via: SIP/2.0/UDP 127.0.0.1:\(sip.port);branch=z9hG4bK-\(number)-\(method);rport\r
        Max-Forwards: 70\r
        From: <sip:caller\(number)@127.0.0.1:\(sip.port)>;tag=\(number)\r
        To: <sip:100@127.0.0.1:\(target)>\(tag.isEmpty ? "" : ";tag=\(tag)")\r
        Call-ID: lossy-\(number)-\(sip.port)\r
        CSeq: \(sequence) \(method)\r
        Contact: <sip:caller\(number)@127.0.0.1:\(sip.port)>\r
        \(body.isEmpty ? "" : "Content-Type: application/sdp\r\n")Content-Length: \(body.utf8.count)\r
        \r
        \(body)
        """
    }

    private mutating func ask(_ text: String, at now: Instant) {
        request = Request(text: text, again: now + LossyCaller.firstRepeat, interval: LossyCaller.firstRepeat)
        sip.send(Array(text.utf8), at: now)
    }

    private mutating func take(_ text: String, at now: Instant) {
        guard text.hasPrefix("SIP/2.0 ") else { return }
        let isFinal = !text.hasPrefix("SIP/2.0 1")
        if text.contains("\r\nCSeq: 1 INVITE") {
            // A provisional answer ends the repeats, and the answer comes until it is acknowledged.
            if stage == .inviting { request = nil }
            guard isFinal else { return }
            if text.hasPrefix("SIP/2.0 200") { answered(text, at: now) } else { stage = .over }
        } else if text.contains("\r\nCSeq: 2 BYE"), isFinal {
            request = nil
            stage = .over
        }
    }

    private mutating func answered(_ text: String, at now: Instant) {
        let lines = text.split(separator: "\r\n")
        tag = lines.first { $0.hasPrefix("To:") }?.split(separator: ";tag=").last.map(String.init) ?? ""
        sip.send(Array(message("ACK", sequence: 1).utf8), at: now)
        guard stage == .inviting else { return }
        let port = lines.first { $0.hasPrefix("m=audio ") }?.split(separator: " ").dropFirst().first
        remote = port.flatMap { UInt16($0) }.map { TransportAddress(ipv4: 0x7F00_0001, port: $0) }
        stage = .talking
        answeredAt = now
        setup = now - begin
        nextPacket = now
    }

    // MARK: - Media

    private mutating func sendPacket(at now: Instant) {
        nextPacket += tickDuration
        let talking = now - (answeredAt ?? now)
        let tick = Int(sequence)
        // A key a second, from the second second on; the last is over two seconds before the end.
        if tick % 50 == 0, tick >= 100, talking < length - .seconds(2), pressing == nil,
            let digit = Digit(code: UInt8(random.next() % 12))
        {
            keys.append(digit)
            let sender = TelephoneEventSender(digit, duration: .milliseconds(100), clockRate: ClockRate(8_000))
            pressing = (sender, keys.count - 1)
            keyStart = UInt32(tick) &* 160
        }
        var packet: [UInt8]
        if let report = pressing?.sender.next(), let key = pressing?.key {
            packet = header(type: 101, marker: report.marker, timestamp: keyStart, payload: 4)
            var span = packet.mutableSpan
            report.event.write(into: &span, at: 12)
            packetKeys[packets] = key
        } else {
            pressing = nil
            packet = header(type: 0, marker: false, timestamp: UInt32(tick) &* 160, payload: 160)
        }
        packets += 1
        sequence &+= 1
        media.send(packet, at: now)
    }

    private var keyStart: UInt32 = 0

    private func header(type: UInt8, marker: Bool, timestamp: UInt32, payload: Int) -> [UInt8] {
        var octets = [UInt8](repeating: 0xFF, count: 12 + payload)
        var span = octets.mutableSpan
        RTPHeader(
            marker: marker, payloadType: type, sequenceNumber: sequence, timestamp: timestamp, ssrc: UInt32(number) + 1
        ).write(into: &span)
        return octets
    }

    // MARK: - Time

    /// Does what is due.
    mutating func advance(to now: Instant) {
        guard stage != .over else { return }
        for message in sip.deliver(to: TransportAddress(ipv4: 0x7F00_0001, port: target), at: now) {
            inviteArrived = inviteArrived ?? now
            if message >= messagesBeforeBye { byeArrived = byeArrived ?? now }
        }
        while let octets = sip.receive(at: now) { take(String(decoding: octets, as: UTF8.self), at: now) }
        if var waiting = request, waiting.again <= now {
            sip.send(Array(waiting.text.utf8), at: now)
            waiting.interval = min(waiting.interval + waiting.interval, LossyCaller.longestRepeat)
            waiting.again = now + waiting.interval
            request = waiting
        }
        if stage == .talking {
            while nextPacket <= now { sendPacket(at: nextPacket) }
            if let answeredAt, now - answeredAt >= length {
                stage = .leaving
                messagesBeforeBye = sip.sentPackets
                ask(message("BYE", sequence: 2), at: now)
            }
        }
        if let remote {
            for packet in media.deliver(to: remote, at: now) {
                if let key = packetKeys[packet] { delivered.insert(key) }
            }
            while media.receive(at: now) != nil {}
        }
        if now - begin > LossyCaller.patience + length { stage = .over }
    }
}

/// A socket behind a bad network, both ways.
final class LossySocket {
    private let socket: DatagramSocket
    private var outward: Network
    private var inward: Network
    private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 4_096, alignment: 16)

    init(_ impairment: NetworkImpairment, seed: UInt64) throws {
        socket = try DatagramSocket(TransportAddress(ipv4: 0x7F00_0001, port: 0))
        outward = Network(impairment, seed: seed)
        inward = Network(impairment, seed: seed &+ 0x9E37)
    }

    deinit { room.deallocate() }

    var port: UInt16 { socket.local.port }

    /// Datagrams that were given to the network.
    var sentPackets: Int { outward.sentPackets }

    func send(_ octets: [UInt8], at now: Instant) { outward.send(octets, at: now) }

    /// Hands over what has crossed the network; tells the places of these packets among all that were sent.
    func deliver(to target: TransportAddress, at now: Instant) -> [Int] {
        var numbers: [Int] = []
        while let packet = outward.receive(at: now) {
            packet.bytes.withUnsafeBytes { _ = socket.send($0, to: target) }
            numbers.append(packet.number)
        }
        return numbers
    }

    /// The next datagram that has crossed the network.
    func receive(at now: Instant) -> [UInt8]? {
        while let (count, _) = socket.receive(into: room) {
            inward.send(Array(room[0..<min(count, room.count)]), at: now)
        }
        return inward.receive(at: now)?.bytes
    }
}
