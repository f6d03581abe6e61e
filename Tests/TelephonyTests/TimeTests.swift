import Foundation
import Telephony
import Testing

@Suite("Time")
struct TimeTests {
    @Test(
        "wall time is written and read as RFC 3339",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00.000Z"),
            (1_772_443_800_000, "2026-03-02T09:30:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
        ])
    func wallTime(milliseconds: Int64, text: String) {
        let time = WallTime(millisecondsSince1970: milliseconds)
        #expect(time.description == text)
        #expect(WallTime(text) == time)
    }

    @Test("wall time understands offsets and fractions")
    func wallTimeOffsets() {
        #expect(WallTime("2026-03-02T10:30:00+01:00") == WallTime("2026-03-02T09:30:00Z"))
        #expect(WallTime("2026-03-02T09:30:00.5Z")?.millisecondsSince1970 == 1_772_443_800_500)
    }

    @Test(
        "what is no time is refused",
        arguments: ["", "today", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-03-02T25:00:00Z", "2026-03-02"])
    func notATime(text: String) {
        #expect(WallTime(text) == nil)
    }

    @Test("milliseconds and ticks convert exactly at every clock rate", arguments: [8_000, 16_000, 48_000] as [Int64])
    func clockRates(rate: Int64) {
        let clock = ClockRate(rate)
        for milliseconds in stride(from: Int64(0), to: 100_000, by: 7) {
            let ticks = clock.ticks(milliseconds: milliseconds)
            #expect(clock.interval(ticks: ticks) == .milliseconds(milliseconds))
            #expect(clock.ticks(.milliseconds(milliseconds)) == ticks)
        }
    }
}

@Suite("Redacted")
struct RedactedTests {
    @Test("a secret shows in no description, reflection, dump or encoding")
    func nothingShows() throws {
        let secret = Redacted("4711")
        var dumped = ""
        dump(secret, to: &dumped)
        let encoded = String(decoding: try JSONEncoder().encode(["pin": secret]), as: UTF8.self)
        let event = CallEvent(
            at: .zero, call: "c",
            body: .digit(
                DigitHeard(digit: DisclosableText("7", isSensitive: true), source: .inBand, start: 0)))
        let line = String(decoding: try JSONEncoder().encode(event), as: UTF8.self)
        for text in ["\(secret)", String(reflecting: secret), dumped, encoded] { #expect(!text.contains("4711")) }
        #expect(!line.contains("\"7\""))
        #expect(line.contains(redactionPlaceholder))
    }

    @Test("an event survives its JSON")
    func roundTrip() throws {
        let event = CallEvent(
            at: .milliseconds(1_240), call: "c",
            body: .transferRequested(
                TransferRequested(
                    topic: "Escalate", action: "toAgent", kind: .agent, target: .open(""), message: .open("billing"),
                    variables: ["Global.Account": .open("12345678")], headers: [:])))
        let decoded = try JSONDecoder().decode(CallEvent.self, from: JSONEncoder().encode(event))
        #expect(decoded == event)
    }
}
