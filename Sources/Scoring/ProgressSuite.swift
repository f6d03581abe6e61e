package import DSP
import Foundation
package import FrontEnd
package import Telephony

/// Tones of the network and of machines, made from a seed.
package struct ProgressSuite: Sendable {
    package let seed: UInt64
    /// How often each signal is made, each time at another level and twist.
    package let repetitions: Int

    package init(seed: UInt64, repetitions: Int = 20) {
        self.seed = seed
        self.repetitions = repetitions
    }

    /// One signal of a plan.
    package struct Signal: Sendable {
        package var name: String
        package var tone: CallProgressTone
        /// Played so often.
        package var rounds: Int
        package var segments: [Segment]
        /// Amplitude modulation of 15 Hz, as a share, and a phase reversal every 450 ms.
        package var modulation = 0.0
        package var isReversing = false
    }

    /// Frequencies in Hz, none for a pause, and milliseconds.
    package struct Segment: Sendable {
        package var frequencies: [Double]
        package var milliseconds: Double

        init(_ frequencies: [Double], _ milliseconds: Double) {
            self.frequencies = frequencies
            self.milliseconds = milliseconds
        }
    }

    package static let signals: [Signal] = northAmerica + europe + unitedKingdom + special + machines

    private static func signal(
        _ name: String, _ tone: CallProgressTone, _ frequencies: [Double], _ cadence: [Double], rounds: Int
    ) -> Signal {
        let segments = cadence.enumerated().map { Segment($0.offset % 2 == 0 ? frequencies : [], $0.element) }
        return Signal(name: name, tone: tone, rounds: rounds, segments: segments)
    }

    private static let northAmerica = [
        signal("dial tone, North America", .dialTone, [350, 440], [4_000], rounds: 1),
        signal("ring-back, North America", .ringBack, [440, 480], [2_000, 4_000], rounds: 2),
        signal("busy, North America", .busy, [480, 620], [500, 500], rounds: 4),
        signal("congestion, North America", .congestion, [480, 620], [250, 250], rounds: 8),
    ]

    private static let europe = [
        signal("dial tone, Europe", .dialTone, [425], [5_000], rounds: 1),
        signal("ring-back 1/4, Europe", .ringBack, [425], [1_000, 4_000], rounds: 2),
        signal("ring-back 1.5/3.5, France", .ringBack, [425], [1_500, 3_500], rounds: 2),
        signal("busy, Europe", .busy, [425], [500, 500], rounds: 4),
        signal("busy, Germany", .busy, [425], [480, 480], rounds: 4),
        signal("congestion, Europe", .congestion, [425], [250, 250], rounds: 8),
        signal("congestion, 200 ms", .congestion, [425], [200, 200], rounds: 8),
    ]

    private static let unitedKingdom = [
        signal("ring-back, UK", .ringBack, [400, 450], [400, 200, 400, 2_000], rounds: 2),
        signal("busy, UK", .busy, [400], [375, 375], rounds: 5),
        signal("congestion, UK", .congestion, [400], [400, 350, 225, 525], rounds: 4),
        signal("unobtainable, UK", .unobtainable, [400], [4_000], rounds: 1),
    ]

    private static func special(
        _ name: String, _ tone: CallProgressTone, _ segments: [(Double, Double)]
    ) -> Signal {
        Signal(
            name: name, tone: tone, rounds: 1, segments: segments.map { Segment([$0.0], $0.1) } + [Segment([], 800)])
    }

    private static let special = [
        special("SIT intercept", .sitIntercept, [(913.8, 274), (1_370.6, 274), (1_776.7, 380)]),
        special("SIT vacant code", .sitVacant, [(985.2, 380), (1_370.6, 274), (1_776.7, 380)]),
        special("SIT reorder", .sitReorder, [(913.8, 274), (1_428.5, 380), (1_776.7, 380)]),
        special("SIT no circuit", .sitNoCircuit, [(985.2, 380), (1_428.5, 380), (1_776.7, 380)]),
        special("SIT of ITU-T E.180", .sit, [(950, 330), (1_400, 330), (1_800, 330)]),
    ]

    private static let machines: [Signal] = [
        signal("fax calling", .faxCalling, [1_100], [500, 3_000], rounds: 2),
        signal("fax answering", .modemAnswer, [2_100], [3_000, 500], rounds: 1),
        Signal(
            name: "modem answer with reversals", tone: .modemAnswerReversing, rounds: 1,
            segments: [Segment([2_100], 3_300), Segment([], 500)], isReversing: true),
        Signal(
            name: "ANSam", tone: .modemAnswerModulated, rounds: 1,
            segments: [Segment([2_100], 3_300), Segment([], 500)],
            modulation: 0.2, isReversing: true),
        signal("beep of 1000 Hz", .beep, [1_000], [400, 600], rounds: 1),
        signal("beep of 440 Hz", .beep, [440], [250, 600], rounds: 1),
        signal("beep of 1400 Hz", .beep, [1_400], [1_000, 600], rounds: 1),
    ]

    /// A signal with half a second of silence before and two seconds behind it, once for every repetition.
    ///
    /// - Returns: the audio, and the span of the signal from its first burst to its last.
    /// - Throws: ``CodecError`` when a codec refuses.
    package func audio(
        of signal: Signal, repetition: Int, channel: Channel
    ) throws(CodecError) -> (audio: PCMAudio, start: Double, end: Double) {
        var generator = SeededGenerator(seed: seed &+ UInt64(repetition) &* 7_919)
        let rate = channel.sampleRate ?? [8_000, 16_000, 48_000][repetition % 3]
        let level = -10 - 20 * generator.nextUnit()
        let twist = 6 * generator.nextUnit() - 3
        let deviation = 1 + 0.01 * (generator.nextUnit() - 0.5)
        var noise = NoiseSource(seed: seed &+ UInt64(repetition))
        var samples = [Double](repeating: 0, count: rate / 2 + Int(generator.nextUnit() * Double(rate) / 50))
        let start = Double(samples.count) / Double(rate)
        var end = start
        for _ in 0..<signal.rounds {
            for segment in signal.segments {
                ProgressSuite.append(
                    segment, signal, level: level, twist: twist, deviation: deviation, rate: rate, to: &samples)
                if !segment.frequencies.isEmpty { end = Double(samples.count) / Double(rate) }
            }
        }
        samples += [Double](repeating: 0, count: 2 * rate)
        // A line's own noise, 45 dB below the loudest tone.
        let floor = Level.peak(dBm0: level - 45) / 2.0.squareRoot()
        let noisy = samples.map { Int16(clamping: Int(($0 + floor * noise.nextNormal()).rounded())) }
        return (PCMAudio(sampleRate: rate, samples: try channel.pass(noisy)), start, end)
    }

    private static func append(
        _ segment: Segment, _ signal: Signal, level: Double, twist: Double, deviation: Double, rate: Int,
        to samples: inout [Double]
    ) {
        let count = Int(segment.milliseconds / 1_000 * Double(rate))
        let half = segment.frequencies.count == 2 ? twist / 2 : 0
        let isExact = signal.tone != .busy && segment.frequencies.first.map { $0 > 800 } ?? false
        for index in 0..<count {
            let time = Double(index) / Double(rate)
            var value = 0.0
            for (place, frequency) in segment.frequencies.enumerated() {
                let peak = Level.peak(dBm0: level + (place == 0 ? -half : half))
                value += peak * sin(2 * .pi * frequency * (isExact ? 1 : deviation) * time)
            }
            if signal.isReversing, Int(time / 0.45) % 2 == 1 { value = -value }
            value *= 1 + signal.modulation * sin(2 * .pi * 15 * time)
            samples.append(value)
        }
    }
}
