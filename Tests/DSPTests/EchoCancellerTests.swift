import Testing

@testable import DSP

@Suite("Echo canceller")
struct EchoCancellerTests {
    @Test("an echo is more than 15 dB down once it is known", arguments: [8_000, 16_000])
    func echo(rate: Int) throws {
        var canceller = try EchoCanceller(sampleRate: rate, tailInMilliseconds: 64)
        let far = Signals.noise(amplitude: 8_000, count: rate * 4, seed: 5)
        let paths = [(rate / 100, 0.4), (rate / 80, -0.25), (rate / 50, 0.1)]
        let near = far.indices.map { index in
            Int16(paths.reduce(0.0) { $0 + (index >= $1.0 ? Double(far[index - $1.0]) * $1.1 : 0) })
        }
        var left: [Int16] = []
        for start in stride(from: 0, to: far.count, by: canceller.frameLength) {
            let range = start..<start + canceller.frameLength
            var frame = [Int16](repeating: 0, count: canceller.frameLength)
            var target = frame.mutableSpan
            #expect(
                canceller.process(near: near.span.extracting(range), far: far.span.extracting(range), into: &target))
            left += frame
        }
        let reduction = Signals.dBm0(near[(rate * 3)...]) - Signals.dBm0(left[(rate * 3)...])
        #expect(reduction > 15, "\(reduction) dB")
    }

    @Test("what makes no sense is refused")
    func refused() throws {
        #expect(throws: CodecError.self) {
            _ = try EchoCanceller(sampleRate: 48_000, tailInMilliseconds: 64).frameLength
        }
        #expect(throws: CodecError.self) { _ = try EchoCanceller(sampleRate: 8_000, tailInMilliseconds: 0).frameLength }
        var canceller = try EchoCanceller(sampleRate: 8_000, tailInMilliseconds: 64)
        let frame = [Int16](repeating: 0, count: 159)
        var output = [Int16](repeating: 0, count: 160)
        var target = output.mutableSpan
        let isDone = canceller.process(near: frame.span, far: frame.span, into: &target)
        #expect(!isDone)
    }
}
