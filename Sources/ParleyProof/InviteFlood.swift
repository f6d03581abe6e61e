import Foundation
import Glibc
import Synchronization
import Telephony
import Transport

/// One host that sends INVITEs faster than they can be answered, on a thread of its own, and acknowledges none.
final class InviteFlood: Sendable {
    struct Figures: Sendable {
        var sent = 0
        /// Those to which anything came.
        var taken = 0
        /// With a 200.
        var answered = 0
        /// With 503 and Retry-After, and without.
        var refused = 0
        var refusedForGood = 0
        /// Answers that this side had no room for.
        var unheard = 0
    }

    private struct State: Sendable {
        var figures = Figures()
        var isOver = false
    }

    private let state = Mutex(State())
    private let port: UInt16
    private static let host: UInt32 = 0x7F00_0009

    init(at port: UInt16) throws { self.port = port }

    /// Starts to send.
    func begin(seconds: Int, rate: Int) {
        Thread.detachNewThread { [self] in
            var figures = Figures()
            if var sender = try? Sender(at: port) { figures = sender.run(seconds: seconds, rate: rate) }
            state.withLock { $0 = State(figures: figures, isOver: true) }
        }
    }

    /// Waits until all is sent, and what can be heard of it was.
    func end() -> Figures {
        while !state.withLock({ $0.isOver }) { usleep(50_000) }
        return state.withLock { $0.figures }
    }

    private enum Answer { case none, trying, taken, refused, refusedForGood }

    /// The thread's own.
    private struct Sender: ~Copyable {
        private let socket: DatagramSocket
        private let target: TransportAddress
        private let room: UnsafeMutableRawBufferPointer
        private var figures = Figures()
        /// What came to each INVITE, whatever comes again.
        private var answers: [Answer] = []

        init(at port: UInt16) throws {
            socket = try DatagramSocket(TransportAddress(ipv4: InviteFlood.host, port: 0))
            target = TransportAddress(ipv4: FarEnd.loopback, port: port)
            room = .allocate(byteCount: 4_096, alignment: 16)
        }

        deinit { room.deallocate() }

        mutating func run(seconds: Int, rate: Int) -> Figures {
            let begin = MonotonicClock.now
            let end = begin + .seconds(Int64(seconds))
            while MonotonicClock.now < end {
                let due = Int((MonotonicClock.now - begin).nanoseconds / 1_000 * Int64(rate) / 1_000_000)
                var burst = 0
                while figures.sent < due, burst < 100 {
                    invite()
                    burst += 1
                }
                listen()
                if figures.sent >= due { usleep(200) }
            }
            for _ in 0..<200 {
                usleep(5_000)
                listen()
            }
            figures.taken = answers.count { $0 != .none }
            figures.answered = answers.count { $0 == .taken }
            figures.refused = answers.count { $0 == .refused }
            figures.refusedForGood = answers.count { $0 == .refusedForGood }
            figures.unheard = socket.lost
            return figures
        }

        private mutating func invite() {
            let number = figures.sent
            let own = "127.0.0.9:\(socket.local.port)"
            let body =
                "v=0\r\no=- 1 1 IN IP4 127.0.0.9\r\ns=-\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"
            let text = """
                INVITE sip:100@127.0.0.1 SIP/2.0\r
                Via: SIP/2.0/UDP \(own);branch=z9hG4bK-flood-\(number);rport\r
                Max-Forwards: 70\r
                From: <sip:flood@\(own)>;tag=\(number)\r
                To: <sip:100@127.0.0.1>\r
                Call-ID: flood-\(number)\r
                CSeq: 1 INVITE\r
                Contact: <sip:flood@\(own)>\r
                Content-Type: application/sdp\r
                Content-Length: \(body.utf8.count)\r
                \r
                \(body)
                """
            guard Array(text.utf8).withUnsafeBytes({ socket.send($0, to: target) }) else { return }
            figures.sent += 1
            answers.append(.none)
        }

        private mutating func listen() {
            while let arrival = socket.receive(into: room) {
                let text = String(decoding: UnsafeRawBufferPointer(rebasing: room[0..<arrival.count]), as: UTF8.self)
                guard let name = text.firstRange(of: "\r\nCall-ID: flood-"),
                    let number = Int(text[name.upperBound...].prefix { $0.isNumber }), answers.indices.contains(number)
                else { continue }
                if text.hasPrefix("SIP/2.0 200") {
                    answers[number] = .taken
                } else if text.hasPrefix("SIP/2.0 503") {
                    answers[number] = text.contains("\r\nRetry-After: ") ? .refused : .refusedForGood
                } else if answers[number] == .none {
                    answers[number] = .trying
                }
            }
        }
    }
}
