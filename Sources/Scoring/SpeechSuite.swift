package import DSP
import Foundation
import Telephony

/// Speech of synthetic voices under the conditions of a telephone line, with its true spans, from a seed.
package struct SpeechSuite {
    private let voices: SpeechVoices
    private let samples: Int
    private let seed: UInt64

    /// - Parameter seconds: of each of the 24 conditions.
    package init(voices: SpeechVoices, seconds: Int, seed: UInt64) {
        self.voices = voices
        samples = max(2, seconds) * 8_000
        self.seed = seed
    }

    private enum Condition {
        case quiet(levels: [Double])
        /// So many dB under the speech.
        case noise(Noise, ratio: Double)
        /// Sounds at a level in dBm0 while nobody speaks.
        case signal(Signal, level: Double)
    }

    private enum Noise: String { case white, pink, hum, babble, music, comfort, loss }
    private enum Signal: String { case keys, dial, ringBack, busy, information, hold }

    private static let conditions: [(name: String, Condition)] = [
        ("-10 dBm0", .quiet(levels: [-10])), ("-20 dBm0", .quiet(levels: [-20])), ("-30 dBm0", .quiet(levels: [-30])),
        ("-40 dBm0", .quiet(levels: [-40])), ("jumps of level", .quiet(levels: [-12, -36, -20, -40, -15])),
        ("white 20 dB", .noise(.white, ratio: 20)), ("white 10 dB", .noise(.white, ratio: 10)),
        ("white 5 dB", .noise(.white, ratio: 5)), ("pink 10 dB", .noise(.pink, ratio: 10)),
        ("pink 5 dB", .noise(.pink, ratio: 5)), ("hum 10 dB", .noise(.hum, ratio: 10)),
        ("hum 5 dB", .noise(.hum, ratio: 5)),
        ("babble 20 dB", .noise(.babble, ratio: 20)), ("babble 10 dB", .noise(.babble, ratio: 10)),
        ("music 15 dB", .noise(.music, ratio: 15)), ("music 5 dB", .noise(.music, ratio: 5)),
        ("comfort noise", .noise(.comfort, ratio: 35)), ("loss of 5 %", .noise(.loss, ratio: 40)),
        ("keys", .signal(.keys, level: -10)), ("dial tone", .signal(.dial, level: -15)),
        ("ring-back", .signal(.ringBack, level: -18)), ("busy", .signal(.busy, level: -18)),
        ("information tones", .signal(.information, level: -18)), ("music on hold", .signal(.hold, level: -18)),
    ]

    package static var count: Int { conditions.count }

    /// One of the scenes.
    ///
    /// - Throws: ``CodecError`` when mu-law refuses, which it does not.
    package func scene(_ index: Int) throws(CodecError) -> SpeechScene {
        let (name, condition) = SpeechSuite.conditions[index]
        var generator = SeededGenerator(seed: seed &* 1_000 &+ UInt64(index))
        var noise = NoiseSource(seed: seed &* 7_919 &+ UInt64(index))
        let levels = if case .quiet(let levels) = condition { levels } else { [-20.0] }
        let talk = talk(levels: levels, voice: index, &generator)
        var sound = talk.sound
        var group = "quiet"
        switch condition {
        case .quiet: break
        case .noise(let kind, let ratio):
            group = "noise"
            let level = -20 - ratio
            let added = LineSound.scaled(self.noise(kind, &generator, &noise), to: level)
            for index in sound.indices { sound[index] += added[index] }
        case .signal(let kind, let level):
            group = "signalling"
            add(signal(kind, &generator), level: level, to: &sound, except: talk.spans)
        }
        var heard = try Channel.pcmu.pass(sound.map { Int16(clamping: Int(($0 * 32_768).rounded())) })
        if case .noise(.loss, _) = condition { heard = SpeechSuite.lossy(heard, &generator) }
        return SpeechScene(name: name, group: group, samples: heard, spans: talk.spans)
    }

    /// Utterances of one to three sentences with pauses in them, and silence between.
    private func talk(
        levels: [Double], voice: Int, _ generator: inout SeededGenerator
    ) -> (sound: [Double], spans: [Range<Int>]) {
        var sound = [Double](repeating: 0, count: samples)
        var relative = [Double](repeating: -200, count: samples / 80)
        var position = 8_000 + Int(generator.next(upperBound: UInt64(8_000)))
        var turn = 0
        while position < samples {
            let level = levels[turn % levels.count]
            for _ in 0..<(1 + generator.next(upperBound: UInt64(3))) {
                let index = Int(generator.next(upperBound: UInt64(8)))
                let sentence = SpeechSuite.atLevel(voices.sentence(index, of: voice &+ turn / 6), level)
                for (offset, sample) in sentence.enumerated() where position + offset < samples {
                    sound[position + offset] = sample
                }
                SpeechSuite.setLevels(&relative, sound, position, sentence.count, level)
                position += sentence.count + 400 + Int(generator.next(upperBound: UInt64(2_400)))
            }
            position += 8_000 + Int(generator.next(upperBound: UInt64(16_000)))
            turn += 1
        }
        return (sound, SpeechScene.spans(of: relative))
    }

    /// A sentence whose loud parts are at a level in dBm0.
    static func atLevel(_ sentence: [Double], _ level: Double) -> [Double] {
        let frames = stride(from: 0, through: sentence.count - 160, by: 160).map { start in
            sentence[start..<(start + 160)].reduce(0) { $0 + $1 * $1 } / 160
        }
        let loudest = frames.max() ?? 1
        let loud = frames.filter { $0 > loudest / 316 }
        let power = loud.reduce(0, +) / Double(max(1, loud.count))
        let gain = (LineSound.zeroLevel / max(power, 1e-12)).squareRoot() * pow(10, level / 20)
        return sentence.map { max(-0.99, min(0.99, $0 * gain)) }
    }

    private static func setLevels(
        _ relative: inout [Double], _ sound: [Double], _ position: Int, _ count: Int, _ level: Double
    ) {
        let end = min(relative.count, (position + count) / 80 + 1)
        for hop in min(position / 80, end)..<end {
            let power = sound[(hop * 80)..<(hop * 80 + 80)].reduce(0) { $0 + $1 * $1 } / 80
            relative[hop] = 10 * log10(power / LineSound.zeroLevel + 1e-20) - level
        }
    }

    private func noise(_ kind: Noise, _ generator: inout SeededGenerator, _ noise: inout NoiseSource) -> [Double] {
        switch kind {
        case .white: LineSound.white(samples, &noise)
        case .pink, .comfort, .loss: LineSound.pink(samples, &noise)
        case .hum: LineSound.hum(samples, frequency: 50)
        case .babble: LineSound.babble(samples, voices: voices, talkers: 8, &generator)
        case .music: LineSound.music(samples, &generator)
        }
    }

    private func signal(_ kind: Signal, _ generator: inout SeededGenerator) -> [Double] {
        switch kind {
        case .keys: return LineSound.keys(samples, &generator)
        case .dial: return LineSound.tone(samples, [350, 440])
        case .ringBack: return LineSound.tone(samples, [440, 480], [2, 4])
        case .busy: return LineSound.tone(samples, [480, 620], [0.5, 0.5])
        case .information:
            let parts = [950.0, 1_400, 1_800].flatMap { LineSound.tone(2_640, [$0]) }
            let round = parts + [Double](repeating: 0, count: 8_000)
            return (0..<samples).map { round[$0 % round.count] }
        case .hold: return LineSound.music(samples, &generator)
        }
    }

    /// Adds a signal at its level while it sounds, 150 ms away from speech.
    private func add(_ signal: [Double], level: Double, to sound: inout [Double], except spans: [Range<Int>]) {
        let sounding = signal.filter { abs($0) > 1e-6 }
        let power = sounding.reduce(0) { $0 + $1 * $1 } / Double(max(1, sounding.count))
        let gain = (LineSound.zeroLevel / max(power, 1e-12)).squareRoot() * pow(10, level / 20)
        var isFree = [Bool](repeating: true, count: samples)
        for span in spans {
            let from = max(0, span.lowerBound * 80 - 1_200)
            for index in from..<max(from, min(samples, span.upperBound * 80 + 1_200)) { isFree[index] = false }
        }
        for index in 0..<samples where isFree[index] { sound[index] += signal[index] * gain }
    }

    /// Loses 5 % of the frames, which are concealed as in a call.
    private static func lossy(_ samples: [Int16], _ generator: inout SeededGenerator) -> [Int16] {
        var concealment = Concealment(sampleRate: 8_000)
        var heard = samples
        var target = heard.mutableSpan
        for start in stride(from: 0, through: samples.count - 160, by: 160) {
            if generator.nextUnit() < 0.05 {
                concealment.conceal(&target, at: start, count: 160)
            } else {
                concealment.heard(&target, at: start, count: 160)
            }
        }
        return heard
    }
}
