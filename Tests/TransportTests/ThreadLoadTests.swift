import Telephony
import Testing
import Transport

@Suite("ThreadLoad")
struct ThreadLoadTests {
    /// A thread that uses such a share of a core for so many windows.
    private static func run(
        _ load: inout ThreadLoad, share: Double, windows: Int, from now: inout Instant, _ used: inout Interval
    ) {
        for _ in 0..<windows {
            now = now + ThreadLoad.window
            used += Interval(nanoseconds: Int64(share * Double(ThreadLoad.window.nanoseconds)))
            #expect(load.isDue(at: now))
            load.note(threadTime: used, at: now)
        }
    }

    @Test("past the limit it is too much at once, and until it is clearly below")
    func limit() {
        var load = ThreadLoad(limit: 0.9)
        var (now, used) = (Instant.zero, Interval.milliseconds(700))
        #expect(load.isDue(at: now))
        load.note(threadTime: used, at: now)
        #expect(load.share == 0 && !load.isTooMuch)
        ThreadLoadTests.run(&load, share: 0.89, windows: 2, from: &now, &used)
        #expect(abs(load.share - 0.89) < 1e-6 && !load.isTooMuch)
        ThreadLoadTests.run(&load, share: 0.92, windows: 1, from: &now, &used)
        #expect(load.isTooMuch)
        ThreadLoadTests.run(&load, share: 0.87, windows: 3, from: &now, &used)
        #expect(load.isTooMuch)
        ThreadLoadTests.run(&load, share: 0.84, windows: 1, from: &now, &used)
        #expect(!load.isTooMuch)
    }

    @Test("within a window there is nothing to note, and without a limit nothing is too much")
    func quiet() {
        var load = ThreadLoad(limit: nil)
        var (now, used) = (Instant.zero, Interval.zero)
        load.note(threadTime: used, at: now)
        #expect(!load.isDue(at: now + .milliseconds(249)))
        load.note(threadTime: .seconds(1), at: now)
        #expect(load.share == 0)
        ThreadLoadTests.run(&load, share: 1, windows: 3, from: &now, &used)
        #expect(!load.isTooMuch)
    }
}
