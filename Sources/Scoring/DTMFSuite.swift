package import DSP
import Foundation
package import Telephony

/// Keys made from a seed, and what of them is heard.
package struct DTMFSuite: Sendable {
    package let seed: UInt64
    /// Keys of each condition.
    package let keys: Int

    package init(seed: UInt64, keys: Int = 1_600) {
        self.seed = seed
        self.keys = keys
    }

    /// A key that was pressed, in seconds.
    package struct Press: Sendable {
        package var digit: Digit
        package var start: Double
        package var end: Double

        package init(digit: Digit, start: Double, end: Double) {
            self.digit = digit
            self.start = start
            self.end = end
        }
    }

    /// The audio of a condition and the keys that are in it.
    ///
    /// - Throws: ``CodecError`` when a codec refuses.
    package func audio(of condition: DTMFCondition) throws(CodecError) -> (audio: PCMAudio, presses: [Press]) {
        var draw = Draw(seed: DTMFSuite.seed(seed, condition.name))
        let rate = condition.sampleRate
        var samples = [Float](repeating: 0, count: rate / 5)
        var presses: [Press] = []
        let level = draw.value(condition.level, condition.isExtreme)
        var power = 0.0
        var digits: [Digit] = []
        for _ in 0..<keys {
            if digits.isEmpty { digits = draw.shuffledKeys() }
            let press = append(digits.removeLast(), condition, level: level, &draw, to: &samples)
            power += press.power
            presses.append(press.press)
        }
        samples += [Float](repeating: 0, count: rate / 5)
        disturb(&samples, condition, power: power / Double(keys), level: level)
        let heard = try condition.channel.pass(samples.map { Int16(clamping: Int($0.rounded())) })
        return (PCMAudio(sampleRate: rate, samples: heard), presses)
    }

    /// FNV-1a, so that each condition has noise of its own and keeps it when others are added.
    private static func seed(_ seed: UInt64, _ name: String) -> UInt64 {
        name.utf8.reduce(seed ^ 0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0100_0000_01B3 }
    }

    private func append(
        _ digit: Digit, _ condition: DTMFCondition, level: Double, _ draw: inout Draw, to samples: inout [Float]
    ) -> (press: Press, power: Double) {
        let rate = Double(condition.sampleRate)
        let extreme = condition.isExtreme
        var (low, high) = DTMF.frequencies(of: digit)
        let offTones = draw.resolve(condition.offTones)
        if offTones != .high { low *= 1 + draw.sign() * draw.value(condition.error, extreme) }
        if offTones != .low { high *= 1 + draw.sign() * draw.value(condition.error, extreme) }
        let sounding = draw.resolve(condition.sounding)
        let twist = draw.value(condition.twist, extreme)
        let lowPeak = sounding == .high ? 0 : Level.peak(dBm0: level + min(0, -twist))
        let highPeak = sounding == .low ? 0 : Level.peak(dBm0: level + min(0, twist))
        let count = Int((draw.value(condition.on, extreme) / 1_000 * rate).rounded())
        let start = Double(samples.count) / rate
        let rupture = Int(condition.rupture / 1_000 * rate)
        let lowPhase = draw.phase()
        let highPhase = draw.phase()
        for index in 0..<count {
            let isSilent = index >= (count - rupture) / 2 && index < (count + rupture) / 2
            let turns = 2 * Double.pi * Double(index) / rate
            let value = lowPeak * sin(low * turns + lowPhase) + highPeak * sin(high * turns + highPhase)
            samples.append(isSilent ? 0 : Float(value))
        }
        let end = Double(samples.count) / rate
        let pause = Int((draw.value(condition.off, extreme) / 1_000 * rate).rounded())
        samples += [Float](repeating: 0, count: pause)
        return (Press(digit: digit, start: start, end: end), (lowPeak * lowPeak + highPeak * highPeak) / 2)
    }

    private func disturb(_ samples: inout [Float], _ condition: DTMFCondition, power: Double, level: Double) {
        let rate = Double(condition.sampleRate)
        if let ratio = condition.signalToNoise {
            var noise = NoiseSource(seed: DTMFSuite.seed(seed &+ 1, condition.name))
            let deviation = (power * pow(10, -ratio / 10)).squareRoot()
            for index in samples.indices { samples[index] += Float(deviation * noise.nextNormal()) }
        }
        if let dialTone = condition.dialTone {
            let peak = Level.peak(dBm0: dialTone)
            for index in samples.indices {
                let turns = 2 * Double.pi * Double(index) / rate
                samples[index] += Float(peak * (sin(350 * turns) + sin(440 * turns)))
            }
        }
        if let echo = condition.echo {
            var voice = PulseVoice(seed: seed, sampleRate: condition.sampleRate)
            let gain = (power * pow(10, -echo / 10)).squareRoot()
            for index in samples.indices { samples[index] += Float(gain * voice.next()) }
        }
    }

    /// Draws the values of keys.
    private struct Draw {
        private var generator: SeededGenerator

        init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

        mutating func value(_ range: ClosedRange<Double>, _ isExtreme: Bool) -> Double {
            let unit = generator.nextUnit()
            let share = isExtreme ? unit.rounded() : unit
            return range.lowerBound + share * (range.upperBound - range.lowerBound)
        }

        mutating func sign() -> Double { generator.nextUnit() < 0.5 ? -1 : 1 }
        mutating func phase() -> Double { 2 * .pi * generator.nextUnit() }

        mutating func resolve(_ tones: DTMFCondition.Tones) -> DTMFCondition.Tones {
            tones == .either ? (generator.nextUnit() < 0.5 ? .low : .high) : tones
        }

        mutating func shuffledKeys() -> [Digit] {
            (0..<16).compactMap { Digit(code: $0) }.shuffled(using: &generator)
        }
    }
}

/// Something like a voice: pulses at a wandering pitch through two resonances, in syllables, with a mean square of
/// about one.
struct PulseVoice {
    private var generator: SeededGenerator
    private let sampleRate: Double
    private var time = 0
    private var untilPulse = 0.0
    private var pitch = 120.0
    private var a = (Double.zero, Double.zero)
    private var b = (Double.zero, Double.zero)
    private var formants = (500.0, 1_500.0)

    init(seed: UInt64, sampleRate: Int) {
        generator = SeededGenerator(seed: seed)
        self.sampleRate = Double(sampleRate)
    }

    mutating func next() -> Double {
        let syllable = Int(sampleRate * 0.18)
        if time % syllable == 0 {
            pitch = 90 + 130 * generator.nextUnit()
            formants = (300 + 500 * generator.nextUnit(), 900 + 1_400 * generator.nextUnit())
        }
        let envelope = sin(.pi * Double(time % syllable) / Double(syllable))
        var input = 0.05 * (generator.nextUnit() - 0.5)
        untilPulse -= 1
        if untilPulse <= 0 {
            untilPulse += sampleRate / pitch
            input += 1
        }
        time += 1
        let first = resonate(input * envelope, formants.0, &a)
        return 1.9 * (first + 0.5 * resonate(input * envelope, formants.1, &b))
    }

    private func resonate(_ input: Double, _ frequency: Double, _ state: inout (Double, Double)) -> Double {
        let radius = exp(-.pi * 90 / sampleRate)
        let output = input + 2 * radius * cos(2 * .pi * frequency / sampleRate) * state.0 - radius * radius * state.1
        state = (output, state.0)
        return output
    }
}
