import DSP
import Foundation
import Synchronization
import Telephony

/// A UDP socket on loopback that keeps all that came to it.
final class KeptSocket: Sendable {
    private let descriptor: Int32
    let port: UInt16
    private let kept = Mutex<[Data]>([])

    /// - Parameter port: 0 for any.
    init(port: UInt16 = 0) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = KeptSocket.loopback(port)
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 }
        }
        guard isBound else {
            close(descriptor)
            throw POSIXError(.EADDRINUSE)
        }
        var bound = sockaddr_in()
        var room = length
        withUnsafeMutablePointer(to: &bound) { pointer in
            _ = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &room) }
        }
        self.descriptor = descriptor
        self.port = UInt16(bigEndian: bound.sin_port)
    }

    deinit { close(descriptor) }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    var octets: [Data] { kept.withLock { $0 } }

    func send(_ data: Data, to port: UInt16) {
        var address = KeptSocket.loopback(port)
        data.withUnsafeBytes { octets in
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = sendto(
                        descriptor, octets.baseAddress, octets.count, 0, $0,
                        socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
    }

    /// What came since the last time.
    func receive() -> [Data] {
        var new: [Data] = []
        var room = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &room, room.count, 0)
            guard count > 0 else { break }
            new.append(Data(room[..<count]))
        }
        kept.withLock { $0 += new }
        return new
    }
}

extension Data {
    /// The value of a header field of a SIP message.
    fileprivate func header(_ name: String) -> String? {
        String(decoding: self, as: UTF8.self).split(separator: "\r\n").first {
            $0.lowercased().hasPrefix(name.lowercased() + ":")
        }.map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
    }

    fileprivate var firstLine: String {
        String(decoding: prefix { $0 != 13 }, as: UTF8.self)
    }

    /// 200 to a request, as it came.
    fileprivate func agreement(contact: UInt16, sdp: String = "") -> Data {
        let kept = String(decoding: self, as: UTF8.self).split(separator: "\r\n").filter { line in
            ["Via:", "From:", "Call-ID:", "CSeq:", "Record-Route:"].contains { line.hasPrefix($0) }
        }
        let to = header("To") ?? ""
        return Data(
            """
            SIP/2.0 200 OK\r
            \(kept.joined(separator: "\r\n"))\r
            To: \(to.contains(";tag=") ? to : to + ";tag=1")\r
            Contact: <sip:a@127.0.0.1:\(contact)>\r
            \(sdp.isEmpty ? "" : "Content-Type: application/sdp\r\n")Content-Length: \(sdp.utf8.count)\r
            \r
            \(sdp)
            """.utf8)
    }
}

/// SDP of a phone on loopback: PCMU, and keys by RFC 4733 where asked for.
private func phoneSDP(_ port: UInt16, events: Bool) -> String {
    var lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"]
    lines += ["m=audio \(port) RTP/AVP 0" + (events ? " 101" : ""), "a=rtpmap:0 PCMU/8000"]
    if events { lines += ["a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15"] }
    return lines.joined(separator: "\r\n") + "\r\n"
}

/// Asks for a condition every 100 ms, on a thread of its own, so that who waits for it is never held up by the answer.
private final class ConditionWatch: Sendable {
    private let awaited = Mutex<(@Sendable () -> Bool)?>(nil)
    private let isOver = Atomic<Bool>(false)

    /// Whether what was awaited last holds.
    var holds: Bool { awaited.withLock { $0 == nil } }

    func await(_ condition: @escaping @Sendable () -> Bool) { awaited.withLock { $0 = condition } }

    func begin() {
        Thread { [self] in
            while !isOver.load(ordering: .relaxed) {
                if let condition = awaited.withLock({ $0 }), condition() { awaited.withLock { $0 = nil } }
                usleep(100_000)
            }
        }.start()
    }

    func end() { isOver.store(true, ordering: .relaxed) }
}

/// A caller who presses keys and speaks, in real time on a thread of its own.
final class LineCaller: Sendable {
    enum Keys: String, Sendable, CaseIterable {
        /// RFC 4733.
        case telephoneEvent
        /// RFC 6086, `application/dtmf-relay`.
        case info
        case inBand
    }

    enum Step: Sendable {
        /// Until a condition on the call holds, asked every 100 ms, at most for 90 s.
        case wait(@Sendable (_ call: String) -> Bool)
        case pause(milliseconds: Int)
        case press(String)
        /// At 8 kHz.
        case speak([Int16])
    }

    let keys: Keys
    let signalling: KeptSocket
    let media: KeptSocket
    private let target: UInt16
    private let name = Mutex("")
    private let done = DispatchSemaphore(value: 0)
    private let watch = ConditionWatch()
    private let lateness = Atomic<Int>(0)

    init(_ keys: Keys, target: UInt16) throws {
        self.keys = keys
        self.target = target
        signalling = try KeptSocket()
        media = try KeptSocket()
    }

    /// How late the caller itself was while it pressed keys or spoke, in milliseconds at most: a machine without time for
    /// it breaks tones that no line would break.
    var latenessInMilliseconds: Int { lateness.load(ordering: .relaxed) }

    /// What Parley calls the call.
    var call: String { name.withLock { $0 } }

    /// Begins the call, and takes the steps once it is answered.
    func begin(_ steps: [Step]) {
        watch.begin()
        let thread = Thread { [self] in
            // Where the machine allows it: a telephone's clock waits for nobody.
            var parameter = sched_param(sched_priority: 1)
            _ = pthread_setschedparam(pthread_self(), SCHED_RR, &parameter)
            var line = Line(self, steps)
            line.run()
            watch.end()
            done.signal()
        }
        thread.start()
    }

    /// Waits for the end of the call.
    func end() async {
        await withCheckedContinuation { continuation in
            Thread { [self] in
                done.wait()
                continuation.resume()
            }.start()
        }
    }

    /// The call, on its thread.
    fileprivate struct Line {
        enum Frame {
            case audio([UInt8])
            case event(code: UInt8, tick: Int)
            case info(Character)
        }

        let caller: LineCaller
        let steps: [Step]
        let callID = UUID().uuidString
        var frames: [Frame] = []
        var next = 0
        var isAnswered = false
        var isOver = false
        var toTag = ""
        var mediaPort: UInt16 = 0
        var sequence: UInt16 = 0
        /// The RTP timestamp of the next packet.
        var clock: UInt32 = 0
        var eventStart: UInt32 = 0
        var cseq = 1
        /// Ticks for which the step in hand has waited; 0 when it has not been begun.
        var waited = 0

        init(_ caller: LineCaller, _ steps: [Step]) {
            self.caller = caller
            self.steps = steps
        }
    }
}

extension LineCaller.Line {
    private static let silence = [UInt8](repeating: 0xFF, count: 160)
    /// Ticks of a key and of the pause behind it.
    private static let keyTicks = 5

    /// A tick each 20 ms, six minutes at most.
    mutating func run() {
        send("INVITE", phoneSDP(caller.media.port, events: caller.keys == .telephoneEvent))
        var due = ContinuousClock.now
        for _ in 0..<18_000 where !isOver {
            for message in caller.signalling.receive() { take(message) }
            _ = caller.media.receive()
            if isAnswered { turn() }
            due += .milliseconds(20)
            let pause = due - ContinuousClock.now
            if pause > .zero {
                usleep(UInt32(pause / .microseconds(1)))
            } else {
                due += catchUp(late: Int(-(pause / .milliseconds(1))))
            }
        }
        // What comes after the BYE.
        usleep(300_000)
        _ = caller.signalling.receive()
        _ = caller.media.receive()
    }

    /// Leaves out the silence that it is too late for, as silence suppression does (RFC 3551 section 4.1), where tones and
    /// words have to come whole.
    /// - Returns: the time left out.
    private mutating func catchUp(late milliseconds: Int) -> Duration {
        guard frames.isEmpty else {
            caller.lateness.max(milliseconds, ordering: .relaxed)
            return .zero
        }
        let ticks = milliseconds / 20
        clock &+= UInt32(ticks) &* 160
        return .milliseconds(20 * ticks)
    }

    private mutating func take(_ message: Data) {
        if message.firstLine.hasPrefix("BYE ") {
            caller.signalling.send(message.agreement(contact: caller.signalling.port), to: caller.target)
            isOver = true
        } else if message.firstLine.hasPrefix("SIP/2.0 200"), message.header("CSeq") == "1 INVITE" {
            let text = String(decoding: message, as: UTF8.self)
            let to = message.header("To") ?? ""
            toTag = to.range(of: ";tag=").map { String(to[$0.lowerBound...]) } ?? ""
            mediaPort =
                text.range(of: "m=audio ").flatMap { UInt16(text[$0.upperBound...].prefix { $0.isNumber }) } ?? 0
            caller.name.withLock { $0 = message.header("X-Parley-Call") ?? "" }
            send("ACK", number: 1)
            isAnswered = true
        } else if message.firstLine.hasPrefix("SIP/2.0 "), (message.firstLine.dropFirst(8).first ?? "1") >= "3",
            message.header("CSeq") == "1 INVITE"
        {
            isOver = true
        }
    }

    private func send(_ method: String, _ body: String = "", number: Int? = nil, type: String = "application/sdp") {
        let own = "127.0.0.1:\(caller.signalling.port)"
        let text = """
            \(method) sip:100@127.0.0.1:\(caller.target) SIP/2.0\r
            Via: SIP/2.0/UDP \(own);branch=z9hG4bK-\(callID)-\(method)-\(number ?? cseq);rport\r
            Max-Forwards: 70\r
            From: <sip:+15550100@\(own)>;tag=7\r
            To: <sip:100@127.0.0.1:\(caller.target)>\(toTag)\r
            Call-ID: \(callID)\r
            CSeq: \(number ?? cseq) \(method)\r
            Contact: <sip:\(own)>\r
            \(body.isEmpty ? "" : "Content-Type: \(type)\r\n")Content-Length: \(body.utf8.count)\r
            \r
            \(body)
            """
        caller.signalling.send(Data(text.utf8), to: caller.target)
    }

    private mutating func turn() {
        if frames.isEmpty { step() }
        var payload = LineCaller.Line.silence
        var type: UInt8 = 0
        if !frames.isEmpty {
            switch frames.removeFirst() {
            case .audio(let octets): payload = octets
            case .info(let key):
                cseq += 1
                send("INFO", "Signal=\(key)\r\nDuration=100\r\n", type: "application/dtmf-relay")
            case .event(let code, let tick):
                type = 101
                if tick == 0 { eventStart = clock }
                let isEnd = tick == LineCaller.Line.keyTicks - 1
                let duration = UInt16(160 * (tick + 1))
                payload = [code, isEnd ? 0x8A : 0x0A, UInt8(duration >> 8), UInt8(duration & 0xFF)]
            }
        }
        let time = type == 0 ? clock : eventStart
        var packet: [UInt8] = [0x80, type, UInt8(sequence >> 8), UInt8(sequence & 0xFF)]
        packet +=
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: time >> $0) } + [
                0, 0, 0, UInt8(caller.signalling.port & 0xFF),
            ]
        caller.media.send(Data(packet + payload), to: mediaPort)
        sequence &+= 1
        clock &+= 160
    }

    /// Takes up the next step when the one in hand is done.
    private mutating func step() {
        guard next < steps.count else {
            cseq += 1
            send("BYE")
            isOver = true
            return
        }
        switch steps[next] {
        case .pause(let milliseconds):
            frames = Array(repeating: .audio(LineCaller.Line.silence), count: max(1, milliseconds / 20))
            next += 1
        case .wait(let holds):
            if waited == 0 { caller.watch.await { [name = caller.call] in holds(name) } }
            waited += 1
            guard waited > 4_500 || caller.watch.holds else { return }
            waited = 0
            next += 1
        case .speak(let samples):
            frames = LineCaller.Line.audio(samples)
            next += 1
        case .press(let text):
            frames = text.flatMap { press($0) }
            next += 1
        }
    }

    private func press(_ key: Character) -> [Frame] {
        let ticks = LineCaller.Line.keyTicks
        let pause = [Frame](repeating: .audio(LineCaller.Line.silence), count: ticks)
        switch caller.keys {
        case .info: return [.info(key)] + pause + pause.dropLast()
        case .telephoneEvent:
            let code = key == "*" ? 10 : key == "#" ? 11 : UInt8(key.wholeNumberValue ?? 0)
            return (0..<ticks).map { .event(code: code, tick: $0) } + pause
        case .inBand: return LineCaller.Line.audio(LineCaller.Line.tones(of: key)) + pause
        }
    }

    /// 100 ms of the two tones of a key (ITU-T Q.23).
    private static func tones(of key: Character) -> [Int16] {
        let place =
            "123A456B789C*0#D".firstIndex(of: key).map {
                "123A456B789C*0#D".distance(from: "123A456B789C*0#D".startIndex, to: $0)
            } ?? 0
        let low = [697.0, 770, 852, 941][place / 4]
        let high = [1_209.0, 1_336, 1_477, 1_633][place % 4]
        return (0..<160 * keyTicks).map { index in
            let time = Double(index) / 8_000 * 2 * .pi
            return Int16(6_000 * (sin(low * time) + sin(high * time)))
        }
    }

    private static func audio(_ samples: [Int16]) -> [Frame] {
        guard var encoder = try? AudioEncoder(.pcmu) else { return [] }
        return stride(from: 0, to: samples.count - 159, by: 160).map { start in
            var octets = silence
            var room = octets.mutableSpan
            _ = encoder.encode(samples.span.extracting(start..<start + 160), into: &room)
            return .audio(octets)
        }
    }
}

/// A phone on loopback that answers every call and says nothing, on a thread of its own.
final class AnsweringPhone: Sendable {
    let signalling: KeptSocket
    let media: KeptSocket
    private let isOver = Atomic<Bool>(false)

    init() throws {
        signalling = try KeptSocket()
        media = try KeptSocket()
    }

    /// - Parameter peer: the port that it is called from.
    func begin(peer: UInt16) {
        Thread { [self] in
            while !isOver.load(ordering: .relaxed) {
                for message in signalling.receive() where !message.firstLine.hasPrefix("SIP/2.0") {
                    guard !message.firstLine.hasPrefix("ACK ") else { continue }
                    let sdp = message.firstLine.hasPrefix("INVITE ") ? phoneSDP(media.port, events: true) : ""
                    signalling.send(message.agreement(contact: signalling.port, sdp: sdp), to: peer)
                }
                _ = media.receive()
                usleep(10_000)
            }
        }.start()
    }

    func end() { isOver.store(true, ordering: .relaxed) }
}
