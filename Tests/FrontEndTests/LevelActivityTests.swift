import DSP
@testable import FrontEnd
import Telephony
import Testing

@Suite("LevelActivity")
struct LevelActivityTests {
    /// Noise of a level, as frames.
    private static func noise(dBm0 level: Double, frames: Int, seed: UInt64) -> [Int16] {
        var generator = SeededGenerator(seed: seed)
        let amplitude = Level.peak(dBm0: level) * 1.22
        return (0..<(frames * 160)).map { _ in
            Int16(clamping: Int((Double(generator.next() % 2_001) / 1_000 - 1) * amplitude))
        }
    }

    private static func activeFrames(_ samples: [Int16]) -> [Int] {
        var activity = LevelActivity()
        return (0..<(samples.count / 160)).filter { frame in
            activity.hear(samples.span.extracting((frame * 160)..<(frame * 160 + 160))).isActive
        }
    }

    @Test("what rises 15 dB above the background is active, and 200 ms after", arguments: [-50.0, -35, -25])
    func rises(background: Double) {
        let quiet = LevelActivityTests.noise(dBm0: background, frames: 100, seed: 1)
        let loud = LevelActivityTests.noise(dBm0: background + 15, frames: 50, seed: 2)
        let active = LevelActivityTests.activeFrames(quiet + loud + quiet)
        #expect(active == Array(100..<160))
    }

    @Test("steady noise and what is softer than -45 dBm0 are not active", arguments: [-20.0, -40, -48])
    func steady(level: Double) {
        let active = LevelActivityTests.activeFrames(LevelActivityTests.noise(dBm0: level, frames: 500, seed: 3))
        #expect(active.isEmpty)
    }
}
