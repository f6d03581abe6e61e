import FrontEnd
import Telephony
import Testing

@testable import CallControl

@Suite("RecognitionTap")
struct RecognitionTapTests {
    /// Runs so many ticks of audio in which every sample is the number of its tick, and gives what the recogniser got.
    private func run(
        _ tap: inout RecognitionTap, ticks: Range<Int>, onset: (Int) -> Int?
    ) -> [(tick: Int, samples: [Int16])] {
        ticks.compactMap { tick in
            let frame = [Int16](repeating: Int16(tick), count: 160)
            let from = onset(tick).map { SampleTime(ticks: Int64($0 * 160)) }
            return tap.take(frame.span, at: SampleTime(ticks: Int64(tick * 160)), utteranceFrom: from)
                .map { (tick, $0.samples) }
        }
    }

    private func tap(prefix: Int = 300) -> RecognitionTap {
        var profile = FrontEndProfile()
        profile.prefixPaddingInMilliseconds = prefix
        return RecognitionTap(profile, sampleRate: 8_000, clockRate: ClockRate(8_000))
    }

    @Test(
        "a recogniser gets an utterance from the padding before its onset, every frame once",
        arguments: [(300, 85), (0, 100), (1_000, 50)])
    func prefix(padding: Int, first: Int) {
        var tap = tap(prefix: padding)
        // The onset of frame 100 is known at frame 103; the utterance is open until frame 160.
        let given = run(&tap, ticks: 0..<200) { (103..<160).contains($0) ? 100 : nil }
        let frames = given.flatMap(\.samples)
        #expect(given.first?.tick == max(103, first + ToneSuppressor.delayInFrames))
        #expect(frames.count % 160 == 0)
        #expect(stride(from: 0, to: frames.count, by: 160).map { Int(frames[$0]) } == Array(first...149))
    }

    @Test("a second utterance begins with its own padding")
    func second() {
        var tap = tap()
        _ = run(&tap, ticks: 0..<300) { (103..<160).contains($0) ? 100 : nil }
        let given = run(&tap, ticks: 300..<330) { $0 >= 303 ? 300 : nil }
        #expect(given.first?.samples.first == 285)
    }

    @Test("before 26 frames have been heard there is as much as there is")
    func early() {
        var tap = tap()
        let given = run(&tap, ticks: 0..<40) { $0 >= 3 ? 1 : nil }
        #expect(given.flatMap(\.samples).first == 0)
        #expect(given.first?.tick == ToneSuppressor.delayInFrames)
    }

    @Test("the tones of a key are silence of equal length, unless the key is no secret", arguments: [false, true])
    func keys(isRevealed: Bool) throws {
        var tap = tap()
        let five = try #require(Digit("5"))
        let start = SampleTime(ticks: 110 * 160)
        _ = run(&tap, ticks: 0..<112) { $0 >= 103 ? 100 : nil }
        tap.tonesBegan(five, at: start)
        tap.tonesEnded(KeyTones(digit: five, start: start, end: start + 800, levelInDBOV: -10))
        if isRevealed { tap.reveal(five, at: start) }
        let samples = run(&tap, ticks: 112..<140) { _ in 100 }.flatMap(\.samples)
        // The tone of 100 ms, 10 ms before and 15 ms after it.
        #expect(samples.filter { $0 == 0 }.count == (isRevealed ? 0 : 1_000))
        #expect(samples.count == 28 * 160)
    }
}
