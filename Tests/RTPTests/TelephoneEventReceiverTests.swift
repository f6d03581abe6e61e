import RTP
import Telephony
import Testing

@Suite("Telephone-event receiver")
struct TelephoneEventReceiverTests {
    /// A packet of a key.
    struct Report {
        var digit: Character
        var timestamp: Int64
        var duration: UInt16
        var isEnd = false
        var marker = false
        var sequence: Int64
    }

    private func reports(_ digit: Character, at timestamp: Int64, sequence: Int64, updates: Int = 4) -> [Report] {
        (1...updates + 2).map { index in
            Report(
                digit: digit, timestamp: timestamp, duration: UInt16(160 * min(index, updates)),
                isEnd: index >= updates,
                marker: index == 1, sequence: sequence + Int64(index))
        }
    }

    private func keys(_ reports: [Report], upTo position: Int64 = 1_000_000) -> String {
        var receiver = TelephoneEventReceiver(clockRate: ClockRate(8_000))
        feed(&receiver, reports)
        return drain(&receiver, upTo: position)
    }

    private func feed(_ receiver: inout TelephoneEventReceiver, _ reports: [Report]) {
        for report in reports {
            var payload = [UInt8](repeating: 0, count: 4)
            var span = payload.mutableSpan
            TelephoneEvent(
                code: Digit(report.digit)?.code ?? 0, isEnd: report.isEnd, volume: 10, duration: report.duration
            ).write(into: &span)
            receiver.receive(
                payload.span, marker: report.marker, timestamp: SampleTime(ticks: report.timestamp),
                sequence: report.sequence)
        }
    }

    private func drain(_ receiver: inout TelephoneEventReceiver, upTo position: Int64) -> String {
        var keys = ""
        while let key = receiver.next(upTo: SampleTime(ticks: position)) { keys.append(key.digit.character) }
        return keys
    }

    @Test("any one packet of a key is enough, whichever it is", arguments: 0..<6)
    func onePacket(index: Int) { #expect(keys([reports("5", at: 800, sequence: 10)[index]]) == "5") }

    @Test("packets may be doubled and in any order")
    func order() {
        let all = reports("1", at: 800, sequence: 10) + reports("2", at: 2_400, sequence: 20)
        #expect(keys(all + all) == "12")
        #expect(keys(all.reversed()) == "12")
    }

    @Test("the same key twice is two keys")
    func twice() {
        #expect(keys(reports("7", at: 800, sequence: 10) + reports("7", at: 2_400, sequence: 20)) == "77")
    }

    @Test("a key without a marker bit and without an end is heard")
    func withoutMarker() {
        let bare = reports("3", at: 800, sequence: 10).prefix(2).map { report in
            var report = report
            report.marker = false
            return report
        }
        #expect(keys(bare) == "3")
    }

    @Test("a gateway that moves the timestamp within a key does not double it")
    func movingTimestamp() {
        let moving = (0..<6).map { index in
            Report(
                digit: "4", timestamp: 800 + Int64(index) * 160, duration: 160, isEnd: false, marker: index == 0,
                sequence: 10 + Int64(index))
        }
        #expect(keys(moving) == "4")
    }

    @Test(
        "timestamps that jump between keys lose no key and double none",
        arguments: [80_000, 8_000_000, 2_000_000_000] as [Int64])
    func jumpingTimestamps(jump: Int64) {
        let later = reports("2", at: 2_400 + jump, sequence: 20)
        #expect(keys(reports("1", at: 800, sequence: 10) + later, upTo: 4_000_000_000) == "12")
    }

    @Test("packets of a key that come with a jump of the timestamp in its middle are one key", arguments: [160, 4_000])
    func jumpWithinKey(jump: Int64) {
        let moved = reports("9", at: 800, sequence: 10).enumerated().map { index, report in
            var report = report
            if index >= 2 { report.timestamp += jump }
            return report
        }
        #expect(keys(moved) == "9")
        var receiver = TelephoneEventReceiver(clockRate: ClockRate(8_000))
        feed(&receiver, Array(moved.prefix(3)))
        let press = receiver.next(upTo: SampleTime(ticks: 900))
        #expect((press?.knownUntil.ticks ?? 0) <= 800 + 320 + 480, "the jump is not taken for a long press")
    }

    @Test("a key of eight seconds, whose duration outgrows sixteen bits, is one key")
    func longKey() {
        var long: [Report] = []
        var sequence: Int64 = 10
        for start in [Int64(0), 65_535] {
            for duration in stride(from: 160, to: 65_535, by: 1_600) {
                long.append(
                    Report(
                        digit: "6", timestamp: start, duration: UInt16(duration), marker: start == 0 && duration == 160,
                        sequence: sequence))
                sequence += 1
            }
            long.append(Report(digit: "6", timestamp: start, duration: 65_535, sequence: sequence))
            sequence += 1
        }
        #expect(keys(long) == "6")
    }

    @Test("a key is released when the position reaches its key-down, not before")
    func release() {
        var receiver = TelephoneEventReceiver(clockRate: ClockRate(8_000))
        feed(&receiver, reports("8", at: 800, sequence: 10))
        #expect(drain(&receiver, upTo: 799) == "")
        #expect(drain(&receiver, upTo: 800) == "8")
    }

    @Test("a key that comes after a later one was released is counted, not heard out of order")
    func late() {
        var receiver = TelephoneEventReceiver(clockRate: ClockRate(8_000))
        feed(&receiver, reports("2", at: 2_400, sequence: 20))
        #expect(drain(&receiver, upTo: 2_400) == "2")
        feed(&receiver, Array(reports("1", at: 800, sequence: 10).prefix(1)))
        #expect(drain(&receiver, upTo: 9_000) == "")
        #expect(receiver.lateReports == 1)
    }

    @Test("what is no key is counted and ignored")
    func noKey() {
        var receiver = TelephoneEventReceiver(clockRate: ClockRate(8_000))
        for payload in [[16, 0, 0, 0], [1, 2, 3], []] as [[UInt8]] {
            receiver.receive(payload.span, marker: true, timestamp: .zero, sequence: 0)
        }
        #expect(receiver.ignoredPackets == 3)
        #expect(drain(&receiver, upTo: 1_000) == "")
    }

    @Test("the sender says the end three times, with one timestamp and rising durations")
    func sender() {
        var sender = TelephoneEventSender(.pound, duration: .milliseconds(100), clockRate: ClockRate(8_000))
        var durations: [UInt16] = []
        var ends = 0
        while let report = sender.next() {
            #expect(report.marker == durations.isEmpty)
            durations.append(report.event.duration)
            if report.event.isEnd { ends += 1 }
        }
        #expect(durations == [160, 320, 480, 640, 800, 800, 800])
        #expect(ends == 3)
    }
}
