import FrontEnd
import Telephony
import Testing

@Suite("Tone suppressor")
struct ToneSuppressorTests {
    private let five = Digit("5") ?? .star

    /// Passes frames of ones and gives what comes out, all of it; `at` is done before the frame of that number goes in.
    private func pass(
        frames: Int, secret: Range<Int> = 0..<0, at: (Int, inout ToneSuppressor) -> Void
    ) -> [Int16] {
        var suppressor = ToneSuppressor(frameSamples: 320, clockRate: ClockRate(8_000))
        var output: [Int16] = []
        var frame = [Int16](repeating: 0, count: 320)
        let ones = [Int16](repeating: 1, count: 320)
        for number in 0..<frames {
            at(number, &suppressor)
            let position = SampleTime(ticks: Int64(number) * 160)
            if suppressor.pass(ones.span, at: position, isSecret: secret.contains(number), into: &frame) {
                output += frame
            }
        }
        while suppressor.take(into: &frame) { output += frame }
        return output
    }

    @Test("what goes in comes out 200 ms later, sample for sample")
    func passes() { #expect(pass(frames: 30) { _, _ in } == [Int16](repeating: 1, count: 30 * 320)) }

    @Test("a key is silent from its onset to its end, by the sample, and the length stays")
    func hides() {
        // From 100 ms to 150 ms, known 40 ms after its onset and over 30 ms after its end.
        let output = pass(frames: 30) { number, suppressor in
            if number == 7 { suppressor.hide(five, from: SampleTime(ticks: 800)) }
            if number == 9 { suppressor.end(five, at: SampleTime(ticks: 1_200)) }
        }
        #expect(output.count == 30 * 320)
        #expect(output.enumerated().allSatisfy { ($0.element == 0) == (1_600..<2_400).contains($0.offset) })
    }

    @Test("a key that is revealed in time is heard, also where another source heard it a moment later")
    func reveals() {
        let output = pass(frames: 30) { number, suppressor in
            if number == 7 { suppressor.hide(five, from: SampleTime(ticks: 800), to: SampleTime(ticks: 900)) }
            if number == 8 { suppressor.reveal(five, at: SampleTime(ticks: 840)) }
            if number == 9 { suppressor.hide(five, from: SampleTime(ticks: 820)) }
        }
        #expect(output.allSatisfy { $0 == 1 })
    }

    @Test("another key is not revealed with it, nor the same one at another time")
    func othersStayHidden() {
        let output = pass(frames: 30) { number, suppressor in
            guard number == 7 else { return }
            suppressor.hide(five, from: SampleTime(ticks: 800), to: SampleTime(ticks: 1_200))
            suppressor.reveal(.pound, at: SampleTime(ticks: 800))
            suppressor.reveal(five, at: SampleTime(ticks: 2_400))
        }
        #expect(output.count { $0 == 0 } == 800)
    }

    @Test("secret frames are silent whole")
    func secret() { #expect(pass(frames: 20, secret: 3..<7) { _, _ in }.count { $0 == 0 } == 4 * 320) }
}
