import Telephony

/// Finds keys in audio of 8 kHz (ITU-T Q.23, Q.24).
///
/// Every 5 ms a window of 16 ms is correlated with the eight frequencies, one lane each, with phase. A window holds a
/// key when two of them, one of each group, carry more than half of its energy, stand out of their groups, and lie
/// within the twist that is allowed. A key is one that six windows in a row hold (a tone of 30 ms and more), at
/// frequencies which the advance of the phases puts within 2.5 % of the nominal ones; it ends after four windows without
/// it, so that a break of 10 ms does not double it.
struct DTMFDetector: Sendable {
    /// A key that was found.
    struct Detection {
        var digit: Digit
        /// When it went down, in samples from the beginning of the frame in hand; negative before it.
        var startInSamples: Int
    }

    private static let window = 128
    private static let hop = 40
    private static let windowsToAccept = 6
    private static let windowsToEnd = 4
    /// The energy in a window below which nothing is a key: about -42 dBm0 a tone.
    private static let leastEnergy: Float = 128 * 30_000
    /// High group over low group, +6 dB, and low over high, 10 dB: 2 dB beyond what must be accepted.
    private static let mostTwist: Float = 4
    private static let mostReverseTwist: Float = 10
    /// A key's tones stand out of their groups by 6 dB.
    private static let dominance: Float = 4
    private static let energyShare: Float = 0.5
    private static let frequencyTolerance = 0.025

    private let cosines: [SIMD8<Float>]
    private let sines: [SIMD8<Float>]
    /// The end of the last frame and the frame in hand.
    private var samples: [Float]
    /// Where the next window begins in ``samples``.
    private var nextWindow = 160

    /// What the windows in a row hold.
    private struct Run: Sendable {
        var low = 0
        var high = 0
        var windows = 0
        var start = 0
        var lastLow = (real: Float(0), imaginary: Float(0))
        var lastHigh = (real: Float(0), imaginary: Float(0))
        /// Sums of the phase advances beyond the nominal, in radians.
        var lowDrift = 0.0
        var highDrift = 0.0
        var advances = 0
    }

    private var run: Run?
    private var missing = 0
    private var isAccepted = false
    private var found: InlineArray<8, Detection?> = InlineArray(repeating: nil)
    private var foundCount = 0
    private var taken = 0

    /// What was heard last could be the beginning of a key.
    var mayBeInTone: Bool { run != nil }
    /// A key's tones were in the audio up to now.
    var isInTone: Bool { run != nil && (isAccepted || (run?.windows ?? 0) >= 3) }

    init() {
        let frequencies: [Double] = [697, 770, 852, 941, 1_209, 1_336, 1_477, 1_633]
        func table(_ wave: (Double) -> Double) -> [SIMD8<Float>] {
            (0..<DTMFDetector.window).map { index in
                var lanes = SIMD8<Float>()
                for lane in 0..<8 { lanes[lane] = Float(wave(2 * .pi * frequencies[lane] * Double(index) / 8_000)) }
                return lanes
            }
        }
        cosines = table(cosine)
        sines = table(sine)
        samples = [Float](repeating: 0, count: DTMFDetector.window + 160)
    }

    /// Takes 160 samples.
    mutating func hear(_ frame: Span<Int16>) {
        let kept = DTMFDetector.window
        for index in 0..<kept { samples[index] = samples[index + 160] }
        for index in 0..<min(160, frame.count) { samples[kept + index] = Float(frame[index]) }
        nextWindow -= 160
        if run != nil { run?.start -= 160 }
        while nextWindow + DTMFDetector.window <= samples.count {
            judgeWindow(at: nextWindow)
            nextWindow += DTMFDetector.hop
        }
    }

    mutating func next() -> Detection? {
        guard taken < foundCount else {
            taken = 0
            foundCount = 0
            return nil
        }
        taken += 1
        return found[taken - 1]
    }

    private mutating func judgeWindow(at start: Int) {
        let window = DTMFDetector.correlate(samples.span, from: start, cosines.span, sines.span)
        let power = window.real * window.real + window.imaginary * window.imaginary
        guard window.energy >= DTMFDetector.leastEnergy,
            let (low, high) = DTMFDetector.key(power: power, energy: window.energy)
        else { return miss() }
        hold(
            low, high, (window.real[low], window.imaginary[low]), (window.real[high + 4], window.imaginary[high + 4]),
            start: start - DTMFDetector.window)
    }

    /// The correlation of a window with each frequency, and its energy.
    private static func correlate(
        _ samples: Span<Float>, from start: Int, _ cosines: Span<SIMD8<Float>>, _ sines: Span<SIMD8<Float>>
    ) -> (real: SIMD8<Float>, imaginary: SIMD8<Float>, energy: Float) {
        var real = SIMD8<Float>()
        var imaginary = SIMD8<Float>()
        var energy: Float = 0
        for index in 0..<window {
            let sample = samples[start + index]
            energy += sample * sample
            real += cosines[index] * sample
            imaginary += sines[index] * sample
        }
        return (real, imaginary, energy)
    }

    /// The row and column of the key that a window holds, if any.
    private static func key(power: SIMD8<Float>, energy: Float) -> (low: Int, high: Int)? {
        var low = 0
        var high = 0
        for lane in 1..<4 {
            if power[lane] > power[low] { low = lane }
            if power[lane + 4] > power[high + 4] { high = lane }
        }
        let lowPower = power[low]
        let highPower = power[high + 4]
        // A sine of amplitude A has the energy A²·N/2 in N samples and the correlation A·N/2.
        guard (lowPower + highPower) * 2 / Float(window) >= energyShare * energy,
            highPower <= mostTwist * lowPower, lowPower <= mostReverseTwist * highPower
        else { return nil }
        for lane in 0..<4 {
            if lane != low, power[lane] * dominance > lowPower { return nil }
            if lane != high, power[lane + 4] * dominance > highPower { return nil }
        }
        return (low, high)
    }

    private mutating func miss() {
        guard run != nil else { return }
        missing += 1
        if missing >= DTMFDetector.windowsToEnd || !isAccepted && missing >= 2 {
            run = nil
            isAccepted = false
            missing = 0
        }
    }

    private mutating func hold(
        _ low: Int, _ high: Int, _ lowPhasor: (real: Float, imaginary: Float),
        _ highPhasor: (real: Float, imaginary: Float), start: Int
    ) {
        guard var current = run, current.low == low, current.high == high else {
            // Another key than the one before: it must hold for itself.
            if run != nil, isAccepted, missing == 0 { return miss() }
            var next = Run()
            next.low = low
            next.high = high
            next.windows = 1
            // Half of the window was silent at the onset.
            next.start = start + DTMFDetector.window / 2
            next.lastLow = lowPhasor
            next.lastHigh = highPhasor
            run = next
            isAccepted = false
            missing = 0
            return
        }
        if missing == 0 {
            current.lowDrift += DTMFDetector.advance(
                from: current.lastLow, to: lowPhasor, frequency: DTMFDetector.frequencies[low])
            current.highDrift += DTMFDetector.advance(
                from: current.lastHigh, to: highPhasor, frequency: DTMFDetector.frequencies[high + 4])
            current.advances += 1
        }
        current.lastLow = lowPhasor
        current.lastHigh = highPhasor
        current.windows += 1
        missing = 0
        run = current
        if !isAccepted, current.windows >= DTMFDetector.windowsToAccept { accept(current) }
    }

    private static let frequencies: InlineArray<8, Double> = [697, 770, 852, 941, 1_209, 1_336, 1_477, 1_633]

    /// How far the phase moved beyond what the nominal frequency moves it in a hop, in radians from -π to π.
    private static func advance(
        from old: (real: Float, imaginary: Float), to new: (real: Float, imaginary: Float), frequency: Double
    ) -> Double {
        // The correlators restart with each window, so a nominal tone turns by its own phase over the hop.
        let turned =
            arcTangent(Double(old.imaginary), Double(old.real)) - arcTangent(Double(new.imaginary), Double(new.real))
        let nominal = 2 * Double.pi * frequency * Double(hop) / 8_000
        let excess = turned - nominal
        return excess - 2 * .pi * (excess / (2 * .pi)).rounded()
    }

    private mutating func accept(_ run: Run) {
        guard run.advances > 0 else { return }
        let hopInSeconds = Double(DTMFDetector.hop) / 8_000
        let lowError = run.lowDrift / Double(run.advances) / (2 * .pi * hopInSeconds)
        let highError = run.highDrift / Double(run.advances) / (2 * .pi * hopInSeconds)
        guard abs(lowError) <= DTMFDetector.frequencyTolerance * DTMFDetector.frequencies[run.low],
            abs(highError) <= DTMFDetector.frequencyTolerance * DTMFDetector.frequencies[run.high + 4]
        else { return }
        isAccepted = true
        guard foundCount < found.count, let digit = DTMFDetector.digit(row: run.low, column: run.high) else { return }
        found[foundCount] = Detection(digit: digit, startInSamples: run.start)
        foundCount += 1
    }

    private static func digit(row: Int, column: Int) -> Digit? {
        let codes: InlineArray<16, UInt8> = [1, 2, 3, 12, 4, 5, 6, 13, 7, 8, 9, 14, 10, 0, 11, 15]
        return Digit(code: codes[row * 4 + column])
    }
}
