import Telephony
import Testing

@testable import DSP

@Suite("Mixing")
struct MixingTests {
    private static func apply(_ frame: [Int16], _ body: (inout MutableSpan<Int16>) -> Void) -> [Int16] {
        var copy = frame
        var target = copy.mutableSpan
        body(&target)
        return copy
    }

    @Test("a sum saturates at full scale")
    func saturation() {
        let sum = MixingTests.apply([30_000, -30_000, 5, .max, .min]) {
            $0.mix(adding: ([10_000, -10_000, -7, 1, -1] as [Int16]).span)
        }
        #expect(sum == [.max, .min, -2, .max, .min])
    }

    @Test(
        "a frame is added at its place, as far as there is room",
        arguments: [
            (0, [1, 2, 0, 0] as [Int16]), (3, [0, 0, 0, 1]), (4, [0, 0, 0, 0]), (5, [0, 0, 0, 0]), (-1, [0, 0, 0, 0]),
        ])
    func offset(offset: Int, expected: [Int16]) {
        let frame = MixingTests.apply([0, 0, 0, 0]) { $0.mix(adding: ([1, 2] as [Int16]).span, at: offset) }
        #expect(frame == expected)
    }

    @Test("a gain reaches its new value without a step")
    func gain() {
        let frame = MixingTests.apply([Int16](repeating: 10_000, count: 160)) { $0.scale(from: .unity, to: .zero) }
        #expect(Signals.greatestStep([10_000] + frame) <= 63)
        #expect(frame.last == 0)
        let louder = MixingTests.apply([10_000, -20_000]) { $0.scale(from: Gain(2), to: Gain(2)) }
        #expect(louder == [20_000, .min])
        #expect(MixingTests.apply([1, -1, .min]) { $0.scale(from: .unity, to: .unity) } == [1, -1, .min])
        #expect(Gain(inDB: 20).q16 == 655_360)
        #expect(Gain(.nan) == .zero)
        #expect(Gain(1e9).q16 == 64 << 16)
    }

    @Test("each party of a conference hears all the others", arguments: 1...12)
    func mixMinus(parties: Int) {
        let frames = (0..<parties).map { Signals.noise(amplitude: 30_000, count: 160, seed: UInt64($0 + 1)) }
        var mix = MixMinus(frameLength: 160)
        for _ in 0..<2 {
            mix.begin()
            for frame in frames.reversed() { mix.add(frame.span) }
        }
        for party in 0..<parties {
            var heard = [Int16](repeating: 99, count: 160)
            var target = heard.mutableSpan
            let own = frames[party]
            mix.output(without: own.span, into: &target)
            for index in 0..<160 {
                let sum = frames.indices.reduce(0) { $1 == party ? $0 : $0 + Int(frames[$1][index]) }
                #expect(heard[index] == Int16(clamping: sum))
            }
        }
        var all = [Int16](repeating: 99, count: 160)
        var target = all.mutableSpan
        mix.output(into: &target)
        #expect(all == (0..<160).map { index in Int16(clamping: frames.reduce(0) { $0 + Int($1[index]) }) })
    }
}

@Suite("Fade")
struct FadeTests {
    private static let loud = [Int16](repeating: 20_000, count: 100)

    @Test("a fade takes its time and has no step", arguments: [Fade.Shape.linear, .raisedCosine])
    func shape(shape: Fade.Shape) {
        let fade = Fade(sampleRate: 8_000, shape: shape)
        #expect(fade.length == 40)
        var rising = FadeTests.loud
        var target = rising.mutableSpan
        fade.fadeIn(&target)
        #expect(Signals.greatestStep([0] + rising) < 900)
        #expect(rising[40...].allSatisfy { $0 == 20_000 })
        var falling = FadeTests.loud
        var fallingTarget = falling.mutableSpan
        fade.fadeOut(&fallingTarget)
        #expect(Array(falling[..<40]) == rising[..<40].reversed())
        #expect(falling[40...].allSatisfy { $0 == 0 })
    }

    @Test("a fade goes on from frame to frame")
    func acrossFrames() {
        let fade = Fade(sampleRate: 48_000)
        for isOut in [false, true] {
            var whole = [Int16](repeating: 12_345, count: 300)
            var target = whole.mutableSpan
            if isOut { fade.fadeOut(&target) } else { fade.fadeIn(&target) }
            var parts: [Int16] = []
            for start in stride(from: 0, to: 300, by: 100) {
                var part = [Int16](repeating: 12_345, count: 100)
                var partTarget = part.mutableSpan
                if isOut {
                    fade.fadeOut(&partTarget, position: start)
                } else {
                    fade.fadeIn(&partTarget, position: start)
                }
                parts += part
            }
            #expect(parts == whole)
        }
    }

    @Test("a prompt of any length begins and ends without a step", arguments: [1, 2, 5, 79, 80, 81, 500])
    func edges(length: Int) {
        let fade = Fade(sampleRate: 8_000)
        var prompt = [Int16](repeating: 10_000, count: length)
        var target = prompt.mutableSpan
        fade.fadeEdges(&target, position: 0, of: length)
        #expect(prompt == prompt.reversed())
        if length > 80 {
            #expect(Signals.greatestStep([0] + prompt + [0]) < 450)
            #expect(prompt[length / 2] == 10_000)
        }
        var parts: [Int16] = []
        for start in stride(from: 0, to: length, by: 33) {
            var part = [Int16](repeating: 10_000, count: min(33, length - start))
            var partTarget = part.mutableSpan
            fade.fadeEdges(&partTarget, position: start, of: length)
            parts += part
        }
        #expect(parts == prompt)
    }
}
