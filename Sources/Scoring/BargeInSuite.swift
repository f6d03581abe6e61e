import DSP
import Foundation
package import FrontEnd
import Telephony

/// Callers who interrupt a prompt, echoes of it and other people's talk, from a seed.
///
/// A prompt plays until the front end hears speech, which is heard frame by frame as in a call: the frame that is heard
/// first, then the frame that is said.
///
/// Latency counts from two onsets, both of the clean signal in hops of 10 ms: the first hop of the first span of speech
/// (``SpeechScene/spans(of:)``: within 30 dB of the talker's level), which noise of 20 dB covers, and the first hop that
/// is as loud as that noise, 20 dB under the talker's level, from which there is something to hear.
package struct BargeInSuite {
    private let voices: SpeechVoices
    private let profile: FrontEndProfile
    private let seed: UInt64

    package init(voices: SpeechVoices, profile: FrontEndProfile, seed: UInt64) {
        self.voices = voices
        self.profile = profile
        self.seed = seed
    }

    /// The level of prompt and caller, in dBm0.
    private static let level = -20.0
    /// How much softer the noise is behind which callers interrupt, in dB.
    private static let noiseRatio = 20.0
    /// The first prompt frame after the decision is silent but for a fade of 5 ms.
    private static let fadeInMilliseconds = 5.0

    /// Runs all of it.
    ///
    /// - Parameters:
    ///   - callers: how many interrupt a prompt.
    ///   - echoMinutes: how long prompts echo with nobody speaking.
    ///   - babbleMinutes: how long others talk while a prompt plays.
    package func scorecard(callers: Int, echoMinutes: Int, babbleMinutes: Int) throws -> Scorecard {
        let (clear, echoing) = (
            try interrupt(callers - callers / 2, echoing: false), try interrupt(callers / 2, echoing: true)
        )
        var card = Scorecard(
            suite: "bargein", detector: profile.cancelsEcho ? "parley, cancelling echo" : "parley", seed: seed)
        card.notes = [
            "the first sound is the clean signal's first hop within 30 dB of the talker's level; the audible onset its "
                + "first hop as loud as the noise, 20 dB under the talker"
        ]
        typealias Figure = Scorecard.Figure
        card.figures = BargeInSuite.figures(clear, callers - callers / 2, "", "")
        card.figures += BargeInSuite.figures(echoing, callers / 2, "OnEcho", ", over the prompt's echo")
        for loss in [25.0, 15.0, 10.0] {
            let count = try echoes(minutes: echoMinutes, returnLoss: loss)
            card.figures.append(
                Figure(
                    "falseFromEchoAt\(Int(loss))DBAnHour", "false barge-ins from echo at \(Int(loss)) dB return loss",
                    Double(count) * 60 / Double(max(1, echoMinutes)), unit: "an hour"))
        }
        let babble = try babbles(minutes: babbleMinutes)
        card.figures.append(
            Figure(
                "falseFromBabbleInTenMinutes", "false barge-ins from babble 15 dB under a caller",
                Double(babble) * 10 / Double(max(1, babbleMinutes)), unit: "in ten minutes"))
        card.plots = [
            Scorecard.Plot(
                "From audible onset to decision", horizontal: "milliseconds", vertical: "share of those heard",
                curves: [
                    BargeInSuite.distribution("noise of 20 dB", clear.heardFromAudible),
                    BargeInSuite.distribution("and echo at 15 to 25 dB", echoing.heardFromAudible),
                ])
        ]
        return card
    }

    /// What the front end costs a frame while a prompt plays and comes back, in microseconds of processor time.
    package func cost() throws -> Scorecard.Figure {
        var generator = SeededGenerator(seed: seed)
        let silence = [Double](repeating: 0, count: 480_000)
        let line = Line(
            prompt: prompt(&generator, samples: silence.count), caller: silence, returnLoss: 15, noiseLevel: -60,
            seed: seed, delay: 800)
        let coded = try Channel.pcmu.pass(line.heard)
        let begin = clock()
        for _ in 0..<10 { _ = line.run(coded, profile, untilFirst: false) }
        let microseconds = Double(clock() - begin) * 1e6 / Double(CLOCKS_PER_SEC)
        return Scorecard.Figure(
            "costInMicroseconds", "processor time of a frame while a prompt plays",
            microseconds / Double(10 * (coded.count / 160)), unit: "us")
    }

    private static func figures(
        _ trials: Interruptions, _ callers: Int, _ suffix: String, _ words: String
    ) -> [Scorecard.Figure] {
        typealias Figure = Scorecard.Figure
        let late = trials.heardFromAudible.percentile(0.95)
        return [
            Figure(
                "trueBargeIns" + suffix, "callers who stopped the prompt" + words,
                SpeechTally.share(trials.heard.count, callers), unit: "%", better: .higher),
            Figure(
                "decisionP50InMilliseconds" + suffix, "audible onset to decision, median" + words,
                trials.heardFromAudible.percentile(0.5), unit: "ms"),
            Figure(
                "decisionP95InMilliseconds" + suffix, "audible onset to decision, 95 %" + words, late, unit: "ms"),
            Figure(
                "decisionP50FromFirstSoundInMilliseconds" + suffix, "first sound to decision, median" + words,
                trials.heard.percentile(0.5), unit: "ms"),
            Figure(
                "decisionP95FromFirstSoundInMilliseconds" + suffix, "first sound to decision, 95 %" + words,
                trials.heard.percentile(0.95), unit: "ms"),
            Figure(
                "lastPromptSampleP95InMilliseconds" + suffix, "audible onset to the last prompt sample, 95 %" + words,
                late + fadeInMilliseconds, unit: "ms"),
            Figure(
                "premature" + suffix, "prompts stopped before the caller spoke" + words,
                SpeechTally.share(trials.premature, callers), unit: "%"),
        ]
    }

    private static func distribution(_ name: String, _ latencies: [Double]) -> Scorecard.Curve {
        Scorecard.Curve(
            name,
            points: latencies.sorted().enumerated().map {
                Scorecard.Point(x: $1, y: Double($0 + 1) / Double(latencies.count))
            })
    }

    /// What became of callers who interrupted a prompt.
    private struct Interruptions {
        /// Milliseconds from the beginning of speech to the decision.
        var heard: [Double] = []
        /// Milliseconds from the audible onset to the decision.
        var heardFromAudible: [Double] = []
        /// Prompts that stopped before.
        var premature = 0
    }

    // MARK: - Trials

    private func interrupt(_ callers: Int, echoing: Bool) throws -> Interruptions {
        var result = Interruptions()
        for index in 0..<callers {
            var generator = SeededGenerator(seed: seed &* 31 &+ UInt64(index))
            let onset = 8_000 + Int(generator.next(upperBound: UInt64(24_000)))
            let sentence = SpeechSuite.atLevel(
                voices.sentence(Int(generator.next(upperBound: UInt64(8))), of: 1 + index), BargeInSuite.level)
            let loss: Double? = echoing ? 15 + 10 * generator.nextUnit() : nil
            let silence = [Double](repeating: 0, count: onset)
            let caller = silence + sentence + [Double](repeating: 0, count: 8_000)
            let line = Line(
                prompt: prompt(&generator, samples: caller.count), caller: caller, returnLoss: loss,
                noiseLevel: BargeInSuite.level - BargeInSuite.noiseRatio, seed: seed &+ UInt64(index),
                delay: BargeInSuite.delay(&generator))
            let starts = try line.run(profile, untilFirst: true)
            let (first, audible) = BargeInSuite.onsets(sentence)
            guard let start = starts.first else { continue }
            let latency = Double(start - onset - first) / 8
            if latency < 0 {
                result.premature += 1
            } else if latency < 1_500 {
                result.heard.append(latency)
                result.heardFromAudible.append(max(0, Double(start - onset - audible) / 8))
            }
        }
        return result
    }

    /// Where speech begins, and where it first reaches the noise, in samples.
    private static func onsets(_ sentence: [Double]) -> (first: Int, audible: Int) {
        let levels = stride(from: 0, through: sentence.count - 80, by: 80).map { start in
            let power = sentence[start..<(start + 80)].reduce(0) { $0 + $1 * $1 } / 80
            return 10 * log10(power / LineSound.zeroLevel + 1e-20) - level
        }
        let first = SpeechScene.spans(of: levels).first?.lowerBound ?? 0
        let audible = levels[first...].firstIndex { $0 > -noiseRatio } ?? first
        return (first * 80, audible * 80)
    }

    /// An echo's delay of 20 to 300 ms, in samples.
    private static func delay(_ generator: inout SeededGenerator) -> Int {
        160 + Int(generator.next(upperBound: UInt64(2_241)))
    }

    private func echoes(minutes: Int, returnLoss: Double) throws -> Int {
        var count = 0
        for minute in 0..<minutes {
            var generator = SeededGenerator(seed: seed &* 131 &+ UInt64(minute))
            let silence = [Double](repeating: 0, count: 480_000)
            let line = Line(
                prompt: prompt(&generator, samples: silence.count), caller: silence, returnLoss: returnLoss,
                noiseLevel: -60, seed: seed &+ UInt64(minute),
                delay: BargeInSuite.delay(&generator))
            count += try line.run(profile, untilFirst: false).count
        }
        return count
    }

    private func babbles(minutes: Int) throws -> Int {
        var count = 0
        for minute in 0..<minutes {
            var generator = SeededGenerator(seed: seed &* 171 &+ UInt64(minute))
            let babble = LineSound.scaled(
                LineSound.babble(480_000, voices: voices, talkers: 8, &generator), to: BargeInSuite.level - 15)
            let line = Line(
                prompt: prompt(&generator, samples: babble.count), caller: babble, returnLoss: nil, noiseLevel: -60,
                seed: seed &+ UInt64(minute), delay: 0)
            count += try line.run(profile, untilFirst: false).count
        }
        return count
    }

    /// The sentences of one voice one after the other, with short pauses.
    private func prompt(_ generator: inout SeededGenerator, samples: Int) -> [Double] {
        var prompt: [Double] = []
        while prompt.count < samples {
            prompt += SpeechSuite.atLevel(
                voices.sentence(Int(generator.next(upperBound: UInt64(8))), of: 0), BargeInSuite.level)
            prompt += [Double](repeating: 0, count: 1_600 + Int(generator.next(upperBound: UInt64(4_000))))
        }
        return prompt
    }
}

/// A line on which a prompt plays and comes back, with a caller.
private struct Line {
    let prompt: [Int16]
    let heard: [Int16]

    init(
        prompt: [Double], caller: [Double], returnLoss: Double?, noiseLevel: Double, seed: UInt64, delay: Int
    ) {
        var noise = NoiseSource(seed: seed)
        let hiss = LineSound.scaled((0..<caller.count).map { _ in noise.nextNormal() }, to: noiseLevel)
        let gain = returnLoss.map { pow(10, -$0 / 20) } ?? 0
        var heard = caller
        for index in heard.indices {
            // A hybrid: the first reflection, and two weaker ones within 4 ms.
            var echo = 0.0
            for (tap, weight) in [(0, 0.85), (13, -0.45), (31, 0.25)] where index - delay - tap >= 0 {
                echo += weight * prompt[index - delay - tap]
            }
            heard[index] += gain * echo + hiss[index]
        }
        self.prompt = prompt.map { Int16(clamping: Int(($0 * 32_768).rounded())) }
        self.heard = heard.map { Int16(clamping: Int(($0 * 32_768).rounded())) }
    }

    /// The samples at which speech was heard; the prompt goes on unless only the first is wanted.
    func run(_ profile: FrontEndProfile, untilFirst: Bool) throws -> [Int] {
        run(try Channel.pcmu.pass(heard), profile, untilFirst: untilFirst)
    }

    /// The same of what the codec made of the line already.
    func run(_ coded: [Int16], _ profile: FrontEndProfile, untilFirst: Bool) -> [Int] {
        var listener = Listener(profile, sampleRate: 8_000, clockRate: ClockRate(8_000))
        var starts: [Int] = []
        for start in stride(from: 0, through: coded.count - 160, by: 160) {
            let frame = start..<(start + 160)
            listener.hear(coded.span.extracting(frame), at: SampleTime(ticks: Int64(start)), isConcealed: false)
            while let event = listener.next() {
                if case .speechStarted = event { starts.append(start + 160) }
            }
            if untilFirst, !starts.isEmpty { return starts }
            listener.say(prompt.span.extracting(frame))
        }
        return starts
    }
}
