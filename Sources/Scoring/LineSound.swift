import DSP
import Foundation
import Telephony

/// Sounds of a telephone line that are no caller, at 8 kHz with full scale 1.
enum LineSound {
    /// Mean square of 0 dBm0.
    static let zeroLevel = 0.5 * pow(10, -0.314)

    /// At a level in dBm0, over the whole length.
    static func scaled(_ sound: [Double], to level: Double) -> [Double] {
        let power = sound.reduce(0) { $0 + $1 * $1 } / Double(max(1, sound.count))
        let gain = (zeroLevel / max(power, 1e-12)).squareRoot() * pow(10, level / 20)
        return sound.map { $0 * gain }
    }

    static func white(_ count: Int, _ noise: inout NoiseSource) -> [Double] {
        (0..<count).map { _ in noise.nextNormal() }
    }

    /// White noise through a filter of three poles that falls by 3 dB an octave.
    static func pink(_ count: Int, _ noise: inout NoiseSource) -> [Double] {
        var (a, b, c) = (0.0, 0.0, 0.0)
        return (0..<count).map { _ in
            let white = noise.nextNormal()
            a = 0.997 * a + 0.029 * white
            b = 0.963 * b + 0.097 * white
            c = 0.57 * c + 0.27 * white
            return a + b + c + 0.05 * white
        }
    }

    static func hum(_ count: Int, frequency: Double) -> [Double] {
        (0..<count).map { index in
            (1...9).reduce(0) { sum, harmonic in
                let k = Double(harmonic)
                return sum + sin(2 * .pi * frequency * k * Double(index) / 8_000 + k * k) / k
            }
        }
    }

    /// So many voices at once.
    static func babble(
        _ count: Int, voices: SpeechVoices, talkers: Int, _ generator: inout SeededGenerator
    ) -> [Double] {
        var sum = [Double](repeating: 0, count: count)
        for talker in 0..<talkers {
            var position = -Int(generator.next(upperBound: UInt64(16_000)))
            while position < count {
                let sentence = voices.sentence(Int(generator.next(upperBound: UInt64(8))), of: talker)
                for (index, sample) in sentence.enumerated() where position + index >= 0 && position + index < count {
                    sum[position + index] += sample
                }
                position += sentence.count
            }
        }
        return sum
    }

    /// A tune with chords and a beat, from a seed.
    static func music(_ count: Int, _ generator: inout SeededGenerator) -> [Double] {
        var sum = [Double](repeating: 0, count: count)
        let scale = [0, 2, 4, 7, 9, 12, 14, 16]
        let beat = 2_400 + Int(generator.next(upperBound: UInt64(2_000)))
        for (voice, octave) in [1.0, 2, 2, 4].enumerated() {
            var position = 0
            while position < count {
                let length = beat * (1 << Int(generator.next(upperBound: UInt64(voice == 0 ? 3 : 2))))
                let step = Double(scale[Int(generator.next(upperBound: UInt64(scale.count)))])
                let frequency = 110 * octave * pow(2, step / 12)
                for index in position..<min(position + length, count) {
                    let time = Double(index - position) / 8_000
                    let envelope = min(1, time * 60) * exp(-time * (voice == 0 ? 1 : 3))
                    let phase = 2 * .pi * frequency * time
                    sum[index] += envelope * (sin(phase) + 0.5 * sin(2 * phase) + 0.3 * sin(3 * phase))
                }
                position += length
            }
        }
        return sum
    }

    /// Sines in a cadence of seconds on and off.
    static func tone(_ count: Int, _ frequencies: [Double], _ cadence: [Double] = []) -> [Double] {
        let period = cadence.reduce(0, +)
        return (0..<count).map { index in
            let time = Double(index) / 8_000
            var rest = period > 0 ? time.truncatingRemainder(dividingBy: period) : -1
            var isOn = true
            for part in cadence where rest >= 0 {
                if rest < part { break }
                rest -= part
                isOn.toggle()
            }
            return isOn ? frequencies.reduce(0) { $0 + sin(2 * .pi * $1 * time) } : 0
        }
    }

    /// Keys of 60 to 180 ms one after the other.
    static func keys(_ count: Int, _ generator: inout SeededGenerator) -> [Double] {
        var sound = [Double](repeating: 0, count: count)
        var position = 2_000
        while position + 4_000 < count {
            let length = 480 + Int(generator.next(upperBound: UInt64(960)))
            let low = DTMF.low[Int(generator.next(upperBound: UInt64(4)))]
            let high = DTMF.high[Int(generator.next(upperBound: UInt64(4)))]
            sound.replaceSubrange(position..<(position + length), with: tone(length, [low, high]))
            position += length + 400 + Int(generator.next(upperBound: UInt64(5_000)))
        }
        return sound
    }
}
