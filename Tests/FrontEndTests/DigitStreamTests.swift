import Telephony
import Testing

@testable import FrontEnd

@Suite("Digit stream")
struct DigitStreamTests {
    /// A report of one source, and when it reaches the stream.
    private struct Report {
        var arrival: Int64
        var apply: (inout DigitStream) -> Void
    }

    private func time(_ milliseconds: Double) -> SampleTime { SampleTime(ticks: Int64(milliseconds * 8)) }

    private func heard(_ reports: [Report]) -> [DigitEvent] {
        var stream = DigitStream(clockRate: ClockRate(8_000))
        var events: [DigitEvent] = []
        for (_, report) in reports.enumerated().sorted(by: { ($0.1.arrival, $0.0) < ($1.1.arrival, $1.0) }) {
            stream.advance(to: SampleTime(ticks: report.arrival))
            report.apply(&stream)
            while let event = stream.next() { events.append(event) }
        }
        stream.advance(to: SampleTime(ticks: 100_000_000))
        while let event = stream.next() { events.append(event) }
        return events
    }

    private func tones(_ digit: Digit, _ start: Double, _ end: Double, latency: Double = 30) -> [Report] {
        let (from, to) = (time(start), time(end))
        return [
            Report(arrival: from.ticks + Int64(latency * 8)) { $0.inBand(digit, start: from) },
            Report(arrival: to.ticks + 240) { $0.inBandEnded(digit, end: to) },
        ]
    }

    private func event(_ digit: Digit, _ start: Double, _ end: Double, latency: Double = 5) -> [Report] {
        let (from, to) = (time(start), time(end))
        return [
            Report(arrival: from.ticks + Int64(latency * 8)) {
                $0.telephoneEvent(digit, keyDown: from, until: from)
            },
            Report(arrival: to.ticks) { $0.telephoneEventHolds(digit, at: to) },
        ]
    }

    private func info(_ digit: Digit, at arrival: Double, duration: Int64 = 0) -> [Report] {
        let at = time(arrival)
        return [Report(arrival: at.ticks) { $0.sipInfo(digit, at: at, duration: .milliseconds(duration)) }]
    }

    private let five = Digit("5") ?? .star

    @Test("a key by every mix of sources is one digit, dated by its key-down", arguments: 1..<8)
    func mixes(mask: Int) throws {
        var reports: [Report] = []
        if mask & 1 != 0 { reports += tones(five, 1_000, 1_100) }
        if mask & 2 != 0 { reports += event(five, 1_010, 1_100) }
        if mask & 4 != 0 { reports += info(five, at: 1_180) }
        let events = heard(reports)
        #expect(events.count == 1)
        let start = try #require(events.first).start
        #expect(abs(start.ticks - 8_000) <= (mask == 4 ? 1_600 : 80))
    }

    @Test("the same key three times with pauses of 40 ms by two sources is three", arguments: [-20.0, 0, 20, 40, 60])
    func quickly(offset: Double) {
        var reports: [Report] = []
        for press in 0..<3 {
            let start = 1_000 + 80 * Double(press)
            reports += tones(five, start, start + 40)
            reports += event(five, start + offset, start + offset + 40)
        }
        #expect(heard(reports).count == 3)
    }

    @Test("one of the three is not heard by one source, whichever it is", arguments: 0..<3, [true, false])
    func quicklyWithLoss(lost: Int, isEventLost: Bool) {
        var reports: [Report] = []
        for press in 0..<3 {
            let start = 1_000 + 80 * Double(press)
            if press != lost || isEventLost { reports += tones(five, start, start + 40) }
            if press != lost || !isEventLost { reports += event(five, start + 5, start + 45) }
        }
        #expect(heard(reports).count == 3)
    }

    @Test("a press of eight seconds is one, by every source, with gaps in its tones and INFO at its end")
    func longPress() {
        var reports = tones(five, 1_000, 4_000) + tones(five, 4_060, 9_000)
        reports += event(five, 1_005, 9_000)
        reports += (0..<400).flatMap { index in
            let at = time(1_000 + 20 * Double(index))
            return [Report(arrival: at.ticks) { $0.telephoneEventHolds(five, at: at) }]
        }
        reports += info(five, at: 9_100, duration: 8_000)
        #expect(heard(reports).count == 1)
    }

    @Test("events that begin anew while the tones go on make no second press")
    func eventsBeginAnew() {
        let reports = tones(five, 1_000, 5_000) + event(five, 1_010, 2_000) + event(five, 3_000, 5_000)
        #expect(heard(reports).count == 1)
    }

    @Test(
        "an event that a gateway made of the tones is the same press, however late it is dated",
        arguments: [30.0, 70, 110])
    func lateEvents(delay: Double) {
        #expect(heard(tones(five, 1_000, 1_100) + event(five, 1_000 + delay, 1_130)).count == 1)
    }

    @Test("strings by any sources, with lateness and losses, come out once and in order", arguments: 1...60)
    func strings(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        var reports: [Report] = []
        var expected = ""
        var position = 1_000.0
        let hasInfo = seed % 3 == 0
        for _ in 0..<40 {
            guard let digit = Digit(code: UInt8(generator.next() % 16)) else { continue }
            expected.append(digit.character)
            let length = 40 + 200 * generator.nextUnit()
            let lost = generator.next() % 5
            if lost != 0 {
                reports += tones(digit, position, position + length, latency: 25 + 20 * generator.nextUnit())
            }
            if lost != 1 {
                let offset = 40 * generator.nextUnit() - 10
                reports += event(digit, position + offset, position + length, latency: 20 * generator.nextUnit())
            }
            // INFO is far slower than the keys of a person who types fast: here it comes before the next key.
            if hasInfo { reports += info(digit, at: position + length + 20) }
            position += length + (hasInfo ? 200 : 40) + 100 * generator.nextUnit()
        }
        let events = heard(reports)
        #expect(String(events.map { $0.digit.character }) == expected, "seed \(seed)")
    }
}
