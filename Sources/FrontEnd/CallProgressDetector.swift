import Telephony

/// Hears the tones of the network and of machines in audio of 8 kHz, by their frequencies and by their cadence, with the
/// plans of North America, of Europe (425 Hz) and of the UK (ITU-T E.180 supplement 2).
///
/// Frames that may be a steady tone (``SteadyToneGate``) make a burst; 120 ms of them are classified once
/// (``ToneClassifier``); ``CadenceJudge`` says what bursts and pauses mean. Speech and music make no burst, or none with a
/// cadence.
struct CallProgressDetector: Sendable {
    /// A tone that began or ended, in samples of 8 kHz from the beginning of the audio.
    struct Detection: Sendable {
        var tone: CallProgressTone
        var start: Int64
        /// `nil` when it was recognised just now and goes on.
        var end: Int64?
    }

    /// A burst that goes on.
    private struct Run: Sendable {
        var start: Int64
        var frames = 1
        var power: Float
        var turning: Float
        var toneClass: ToneClass?
        var isJudged = false
        /// Frames of it in a row that were no tone: a phase reversal makes one.
        var missing = 0
        var end: Int64
        var answer = AnswerToneJudge()
    }

    private static let frame: Int64 = 160
    private static let leastPower: Float = 2_000
    private static let leastTonality: Float = 0.6
    private static let framesToJudge = 6
    /// Frames between attempts at a burst that is of no class.
    private static let patience = 25

    private var run: Run?
    private var lastPower: Float = 0
    private var cadence = CadenceJudge()
    /// Samples heard.
    private(set) var position: Int64 = 0
    private var found: [Detection] = []
    private var taken = 0

    init() { found.reserveCapacity(8) }

    /// A tone of the network sounds, or one that may be.
    var isInTone: Bool { (run?.toneClass).map { $0 != .other } ?? false }

    /// Takes the last 20 ms before an index of samples of which at least 100 ms are there.
    mutating func hear(_ samples: Span<Int16>, to last: Int) {
        let frame = SteadyToneGate.measure(samples, to: last)
        let isTonal =
            frame.power >= CallProgressDetector.leastPower
            && frame.tonality >= CallProgressDetector.leastTonality
        if isTonal, var current = run, continues(current, frame) {
            extend(&current, frame, samples, to: last)
            run = current
        } else if isTonal {
            endRun(followedBy: frame)
            begin(frame)
        } else {
            interrupt(frame)
        }
        position += CallProgressDetector.frame
        lastPower = frame.power
        cadence.advance(
            to: position, sounding: run?.toneClass, since: run?.start ?? 0, answer: run?.answer.kind ?? .modemAnswer,
            isQuiet: isQuiet(frame))
        takeDetections()
    }

    private func isQuiet(_ frame: SteadyToneGate.Frame) -> Bool {
        run == nil && frame.power < max(CallProgressDetector.leastPower, cadence.lastPower / 30)
    }

    private func continues(_ run: Run, _ frame: SteadyToneGate.Frame) -> Bool {
        abs(frame.turning - run.turning) < 0.12 && frame.power < 4 * run.power && frame.power * 4 > run.power
    }

    private mutating func begin(_ frame: SteadyToneGate.Frame) {
        run = Run(
            start: position, power: frame.power, turning: frame.turning, end: position + CallProgressDetector.frame)
    }

    private mutating func extend(
        _ run: inout Run, _ frame: SteadyToneGate.Frame, _ samples: Span<Int16>, to last: Int
    ) {
        if run.frames == 1 {
            // The first frame held a part of the burst: how much says where it began.
            let part = max(0, min(1, run.power / max(frame.power, 1)))
            run.start += Int64((1 - part) * Float(CallProgressDetector.frame))
            run.power = frame.power
            run.turning = frame.turning
        }
        run.frames += 1 + run.missing
        run.missing = 0
        run.power += 0.2 * (frame.power - run.power)
        run.turning += 0.2 * (frame.turning - run.turning)
        run.end = position + CallProgressDetector.frame
        let isDue = run.frames % CallProgressDetector.patience == CallProgressDetector.framesToJudge
        if run.toneClass == nil, !run.isJudged || isDue, run.frames >= CallProgressDetector.framesToJudge {
            run.isJudged = true
            run.toneClass = ToneClassifier.classify(
                samples, to: last, mean: SteadyToneGate.meanFrequency(turning: run.turning))
        }
        if run.toneClass == .answer { run.answer.hear(samples, to: last) }
    }

    /// A frame that is no tone: a click in a burst, or its end.
    private mutating func interrupt(_ frame: SteadyToneGate.Frame) {
        guard var current = run else { return }
        current.missing += 1
        let isLouder = frame.power * 4 > current.power
        if current.missing == 1 {
            // What there is of the burst in its last frame says where it ended.
            let part = max(0, min(1, frame.power / max(current.power, 1)))
            current.end = position + Int64(part * Float(CallProgressDetector.frame))
        }
        if current.missing > (isLouder && current.toneClass != nil ? 1 : 0) {
            run = current
            endRun(followedBy: frame)
        } else {
            run = current
        }
    }

    private mutating func endRun(followedBy frame: SteadyToneGate.Frame) {
        guard let current = run else { return }
        run = nil
        guard let toneClass = current.toneClass else {
            if current.frames >= CallProgressDetector.framesToJudge { cadence.disturb(at: position) }
            return
        }
        cadence.burst(
            CadenceJudge.Burst(
                toneClass: toneClass, start: current.start,
                end: min(current.end, position + CallProgressDetector.frame),
                power: current.power, answer: current.answer.kind))
    }

    /// The audio has ended: so does what sounds.
    mutating func finish() {
        endRun(followedBy: SteadyToneGate.Frame())
        cadence.finish()
        takeDetections()
    }

    private mutating func takeDetections() {
        while let detection = cadence.next() { found.append(detection) }
    }

    mutating func next() -> Detection? {
        guard taken < found.count else {
            found.removeAll(keepingCapacity: true)
            taken = 0
            return nil
        }
        taken += 1
        return found[taken - 1]
    }
}

/// Tells the kinds of 2100 Hz apart: plain, with phase reversals, with amplitude modulation.
struct AnswerToneJudge: Sendable {
    private var lastReal: Float = 0
    private var lastImaginary: Float = 0
    private var phase: Int64 = 0
    private var reversals = 0
    /// The mean power of the blocks, and how many were far below and above it.
    private var mean: Float = 0
    private var soft = 0
    private var loud = 0
    private var blocks = 0
    private var frames = 0

    /// Takes the last 20 ms before an index, by quarters.
    mutating func hear(_ samples: Span<Int16>, to last: Int) {
        guard last >= 160, last <= samples.count else { return }
        frames += 1
        for quarter in 0..<4 {
            var real: Float = 0
            var imaginary: Float = 0
            for index in 0..<40 {
                let turns = (Double(phase) * 2_100 / 8_000).truncatingRemainder(dividingBy: 1)
                let sample = Float(samples[last - 160 + quarter * 40 + index])
                real += sample * Float(cosine(2 * .pi * turns))
                imaginary += sample * Float(sine(2 * .pi * turns))
                phase += 1
            }
            judge(real, imaginary)
        }
    }

    private mutating func judge(_ real: Float, _ imaginary: Float) {
        let power = real * real + imaginary * imaginary
        let product = real * lastReal + imaginary * lastImaginary
        let lastPower = lastReal * lastReal + lastImaginary * lastImaginary
        if frames > 1, product < -0.5 * (power * lastPower).squareRoot() { reversals += 1 }
        if power > 0.1 * lastPower {
            lastReal = real
            lastImaginary = imaginary
        }
        blocks += 1
        mean += (power - mean) / Float(min(blocks, 40))
        guard blocks > 20 else { return }
        if power < 0.8 * mean { soft += 1 }
        if power > 1.2 * mean { loud += 1 }
    }

    var kind: CallProgressTone {
        // ANSam swings by 20 % of its amplitude: a third of the blocks is soft, a third is loud. A reversal makes one soft.
        if blocks >= 40, min(soft, loud) * 6 > blocks - 20 { return .modemAnswerModulated }
        return reversals >= 1 ? .modemAnswerReversing : .modemAnswer
    }
}
