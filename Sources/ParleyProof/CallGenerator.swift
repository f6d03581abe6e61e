import CLinux
import CallControl
import DSP
import Foundation
import Glibc
import RTP
import Telephony
import Transport

/// Many callers at once, signalling and media: INVITEs at a steady rate, then a packet every 20 ms a call, a twentieth of
/// the calls each millisecond, and keys every 12 seconds. Arrivals are noted by the kernel, so that how late this program
/// reads them does not count.
struct CallGenerator: ~Copyable {
    /// What a run of calls is like.
    struct Plan {
        var calls: Int
        /// New calls a second.
        var rate = 200
        var media = GeneratedMedia.pcmu
        /// SIP of the service that is called, on loopback.
        var target: UInt16
        /// The first of the generator's media ports, two a call.
        var firstPort: UInt16 = 30_000
        /// What those speak to whom the service hands the callers over; `nil` where it does not.
        var handedTo: GeneratedMedia?
        /// Of those, how many for each caller.
        var phones = 1
    }

    /// What came of it.
    struct Figures {
        var answered = 0
        var failed = 0
        /// From INVITE to 200, in microseconds.
        var setup: [Int32] = []
        var sent = 0
        var received = 0
        /// From 20 ms between neighbours, in microseconds.
        var deviations: [Int32] = []
        /// From a caller's packet to the same packet at the one the caller was handed over to, in microseconds; none where
        /// it is not passed on as it came.
        var delays: [Int32] = []
        /// How late the generator's own milliseconds were, in microseconds.
        var lateness: [Int32] = []
    }

    private struct Caller {
        var target: TransportAddress?
        var invited: Int64 = 0
        var tag = ""
        var isOver = false
    }

    private let plan: Plan
    private let signalling: DatagramSocket
    private let sockets: MediaSockets
    private var callers: [Caller]
    private var streams: [GeneratedStream]
    private let media: GeneratedMedia.Source
    private var legs: AnsweredLegs?
    /// Those to whom callers were handed over.
    private var handedOver = 0
    /// When the last packets of each call were sent, by their sequence numbers.
    private var sentAt: [[Int64]]
    private var invited = 0
    private(set) var figures = Figures()
    /// Figures of media count while it is set.
    var isMeasuring = false
    private var packet = [UInt8](repeating: 0, count: 1_600)
    private let room: UnsafeMutableRawBufferPointer
    private let control: UnsafeMutableRawBufferPointer

    private static let loopback: UInt32 = 0x7F00_0001
    /// Where the service sends calls that it places.
    static let gatewayPort: UInt16 = 5_172
    private static let firstLegPort: UInt16 = 46_000
    private static let remembered = 64

    init(_ plan: Plan) throws {
        let signalling = try DatagramSocket(TransportAddress(ipv4: CallGenerator.loopback, port: 0))
        let media = try GeneratedMedia.Source(plan.media)
        let last = Int(plan.firstPort) + 2 * plan.calls + 200
        let sockets = try MediaSockets(
            TransportAddress(ipv4: CallGenerator.loopback, port: 0),
            ports: plan.firstPort...UInt16(clamping: last), dscp: 0)
        signalling.noteArrivals()
        legs = nil
        if let other = plan.handedTo {
            legs = try AnsweredLegs(
                port: CallGenerator.gatewayPort, media: other, count: plan.phones * plan.calls,
                firstPort: CallGenerator.firstLegPort)
        }
        sentAt = [[Int64]](
            repeating: [Int64](repeating: 0, count: plan.handedTo == nil ? 0 : CallGenerator.remembered),
            count: plan.calls)
        self.plan = plan
        self.signalling = signalling
        self.media = media
        self.sockets = sockets
        callers = [Caller](repeating: Caller(), count: plan.calls)
        streams = (0..<plan.calls).map { GeneratedStream(number: $0) }
        room = .allocate(byteCount: 4_096, alignment: 16)
        control = .allocate(byteCount: 128, alignment: 16)
    }

    deinit {
        room.deallocate()
        control.deallocate()
    }

    /// Runs for so many milliseconds; new calls are placed until there are as many as planned.
    mutating func run(milliseconds: Int) {
        let begin = MonotonicClock.now
        for slot in 0..<milliseconds {
            let due = begin + .milliseconds(Int64(slot))
            var time = timespec(
                tv_sec: Int(due.nanoseconds / 1_000_000_000), tv_nsec: Int(due.nanoseconds % 1_000_000_000))
            while clock_nanosleep(CLOCK_MONOTONIC, Int32(TIMER_ABSTIME), &time, nil) == EINTR {}
            if isMeasuring {
                figures.lateness.append(Int32(clamping: (MonotonicClock.now - due).nanoseconds / 1_000))
            }
            signal(slot)
            turnLegs(slot)
            for call in stride(from: slot % 20, to: plan.calls, by: 20) where callers[call].target != nil {
                turn(call)
            }
        }
    }

    /// There are ports for all the calls.
    var hasPorts: Bool { sockets.pairs.count >= plan.calls }

    /// Whether every call that was to be placed has been answered or refused.
    var isSettled: Bool {
        guard figures.answered + figures.failed >= plan.calls else { return false }
        return plan.handedTo == nil || handedOver >= plan.phones * figures.answered
    }

    private mutating func turnLegs(_ slot: Int) {
        guard plan.handedTo != nil else { return }
        legs?.isMeasuring = isMeasuring
        if let count = legs?.signal() { handedOver = count }
        legs?.turn(slot: slot)
        guard let arrivals = legs?.takeArrivals() else { return }
        for arrival in arrivals where arrival.mark.call < sentAt.count {
            let sent = sentAt[arrival.mark.call][Int(arrival.mark.sequence) % CallGenerator.remembered]
            figures.delays.append(Int32(clamping: (arrival.wallNanoseconds - sent) / 1_000))
        }
    }

    /// What the ones came to whom callers were handed over; to be asked for once.
    mutating func takeLegFigures() -> AnsweredLegs.Figures? { legs?.takeFigures() }

    // MARK: - SIP

    private mutating func signal(_ slot: Int) {
        if invited < plan.calls, slot * plan.rate / 1_000 != (slot + 1) * plan.rate / 1_000 {
            callers[invited].invited = CallGenerator.wallNanoseconds
            send(message("INVITE", call: invited, body: media.offer(port: sockets.pairs[invited].number)))
            invited += 1
        }
        while let arrival = signalling.receive(into: room, control: control) {
            let text = String(decoding: UnsafeRawBufferPointer(rebasing: room[0..<arrival.count]), as: UTF8.self)
            take(text, at: arrival.wallNanoseconds)
        }
    }

    /// Ends all calls.
    mutating func hangUp() {
        for call in 0..<invited where callers[call].target != nil {
            send(message("BYE", call: call, body: ""))
            if call % 20 == 19 { usleep(1_000) }
        }
        usleep(300_000)
    }

    private static var wallNanoseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    private func send(_ text: String) {
        let octets = Array(text.utf8)
        octets.withUnsafeBytes { room in
            _ = signalling.send(room, to: TransportAddress(ipv4: CallGenerator.loopback, port: plan.target))
        }
    }

    private func message(_ method: String, call: Int, body: String) -> String {
        let own = "127.0.0.1:\(signalling.local.port)"
        let tag = callers[call].tag
        let number = method == "BYE" ? 2 : 1
        return """
            \(method) sip:100@127.0.0.1:\(plan.target) SIP/2.0\r
            Via: SIP/2.0/UDP \(own);branch=z9hG4bK-\(call)-\(method);rport\r
            Max-Forwards: 70\r
            From: <sip:\(call)@\(own)>;tag=\(call)\r
            To: <sip:100@127.0.0.1:\(plan.target)>\(tag.isEmpty ? "" : ";tag=\(tag)")\r
            Call-ID: \(call)-\(signalling.local.port)\r
            CSeq: \(number) \(method)\r
            Contact: <sip:\(call)@\(own)>\r
            \(body.isEmpty ? "" : "Content-Type: application/sdp\r\n")Content-Length: \(body.utf8.count)\r
            \r
            \(body)
            """
    }

    private mutating func take(_ text: String, at arrival: Int64) {
        guard let name = text.value(after: "\r\nCall-ID: ", until: "-"), let call = Int(name), call < invited else {
            return
        }
        if text.hasPrefix("SIP/2.0 200"), text.contains("\r\nCSeq: 1 INVITE") {
            answered(call, text, at: arrival)
        } else if text.hasPrefix("SIP/2.0 "), !text.hasPrefix("SIP/2.0 1"), text.contains("\r\nCSeq: 1 INVITE") {
            fail(call)
            send(message("ACK", call: call, body: ""))
        } else if text.hasPrefix("BYE ") {
            fail(call)
            callers[call].target = nil
            send(CallGenerator.answer(to: text))
        }
    }

    private mutating func answered(_ call: Int, _ text: String, at arrival: Int64) {
        if let to = text.value(after: "\r\nTo: ", until: "\r\n"), let tag = to.value(after: ";tag=", until: ";") {
            callers[call].tag = tag
        }
        send(message("ACK", call: call, body: ""))
        guard callers[call].target == nil, !callers[call].isOver else { return }
        guard let port = text.value(after: "\r\nm=audio ", until: " ").flatMap({ UInt16($0) }),
            streams[call].prepare(media, answer: text)
        else { return fail(call) }
        callers[call].target = TransportAddress(ipv4: CallGenerator.loopback, port: port)
        figures.answered += 1
        figures.setup.append(Int32(clamping: (arrival - callers[call].invited) / 1_000))
    }

    /// A call was refused, or ended before it was to.
    private mutating func fail(_ call: Int) {
        guard !callers[call].isOver else { return }
        callers[call].isOver = true
        figures.failed += 1
    }

    private static func answer(to request: String) -> String {
        let lines = request.split(separator: "\r\n")
        let kept = lines.filter { line in
            ["Via:", "From:", "To:", "Call-ID:", "CSeq:"].contains { line.hasPrefix($0) }
        }
        return "SIP/2.0 200 OK\r\n" + kept.joined(separator: "\r\n") + "\r\nContent-Length: 0\r\n\r\n"
    }

    // MARK: - Media

    private mutating func turn(_ call: Int) {
        while let arrival = sockets.receive(2 * call, into: room, control: control) { note(arrival, call) }
        guard let target = callers[call].target else { return }
        let count = streams[call].write(media, into: &packet)
        if case .pcmu = plan.media, plan.handedTo != nil, count > 100 { mark(call) }
        let isSent = packet.withUnsafeBytes { octets in
            sockets.send(UnsafeRawBufferPointer(rebasing: octets[0..<count]), to: target, on: 2 * call)
        }
        if isSent, isMeasuring { figures.sent += 1 }
    }

    /// Writes into the audio which packet it is.
    private mutating func mark(_ call: Int) {
        let sequence = UInt16(packet[2]) << 8 | UInt16(packet[3])
        sentAt[call][Int(sequence) % CallGenerator.remembered] = CallGenerator.wallNanoseconds
        PacketMark(call: call, sequence: sequence).write(into: &packet)
    }

    private mutating func note(_ arrival: DatagramSocket.Arrival, _ call: Int) {
        guard arrival.count >= 12, arrival.wallNanoseconds > 0 else { return }
        let gap = streams[call].arrived(arrival.wallNanoseconds)
        guard isMeasuring else { return }
        figures.received += 1
        if let gap { figures.deviations.append(Int32(clamping: abs(gap - 20_000_000) / 1_000)) }
    }
}

extension StringProtocol {
    /// What stands between two texts; to the end where the second does not come.
    fileprivate func value(after prefix: String, until end: String) -> String? {
        guard let found = range(of: prefix) else { return nil }
        let rest = self[found.upperBound...]
        guard let stop = rest.range(of: end) else { return String(rest) }
        return String(rest[..<stop.lowerBound])
    }
}
