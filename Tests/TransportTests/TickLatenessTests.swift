import Telephony
import Testing
import Transport

@Suite("TickLateness")
struct TickLatenessTests {
    /// Ticks a millisecond apart that are all late by so much, for so long.
    private static func run(
        _ lateness: inout TickLateness, lateBy milliseconds: Int64, for seconds: Int64, from start: inout Instant
    ) {
        for _ in 0..<(seconds * 1_000) {
            start = start + .milliseconds(1)
            lateness.note(due: start - .milliseconds(milliseconds), at: start)
        }
    }

    @Test("past the limit it is too much, and until it is better by half")
    func limit() {
        var lateness = TickLateness(limit: .milliseconds(30))
        var now = Instant.zero
        TickLatenessTests.run(&lateness, lateBy: 5, for: 3, from: &now)
        #expect(!lateness.isTooMuch && lateness.mean == .milliseconds(5))
        TickLatenessTests.run(&lateness, lateBy: 40, for: 1, from: &now)
        #expect(!lateness.isTooMuch)
        TickLatenessTests.run(&lateness, lateBy: 40, for: 2, from: &now)
        #expect(lateness.isTooMuch)
        TickLatenessTests.run(&lateness, lateBy: 20, for: 3, from: &now)
        #expect(lateness.isTooMuch)
        TickLatenessTests.run(&lateness, lateBy: 10, for: 3, from: &now)
        #expect(!lateness.isTooMuch)
    }

    @Test("one late tick among many is nothing, and without a limit nothing is too much")
    func single() {
        var lateness = TickLateness(limit: .milliseconds(30))
        var now = Instant.zero
        lateness.note(due: now, at: now + .milliseconds(900))
        now = now + .milliseconds(900)
        TickLatenessTests.run(&lateness, lateBy: 1, for: 2, from: &now)
        #expect(!lateness.isTooMuch)
        var unlimited = TickLateness(limit: nil)
        TickLatenessTests.run(&unlimited, lateBy: 500, for: 3, from: &now)
        #expect(!unlimited.isTooMuch)
    }
}
