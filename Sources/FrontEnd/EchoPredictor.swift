/// Tells what a party says from the echo of what the party is told.
///
/// In four regions of the spectrum it knows how strong the prompt was in the last 400 ms, wherever in them the echo may
/// come from, and learns how much of it comes back: the coupling begins at a return loss of 15 dB, follows what is heard
/// upward at once and sinks by 3 dB a second of prompt that comes back softer. What is heard stands out when more than a
/// third of its energy lies in regions that are 6 dB above the strongest echo to be expected and above the background.
///
/// Against cancelling: it needs no delay, no linear path and no converged filter, costs a spectrum a frame, and while a
/// prompt plays it is deaf only to a caller who is softer than the echo.
struct EchoPredictor: Sendable {
    /// Frames of 20 ms in which the echo may come.
    private static let memory = 20
    private static let firstCoupling: Float = 0.0316
    /// Nothing comes back weaker than this, or stronger.
    private static let couplingRange: (least: Float, most: Float) = (1e-3, 2)
    private static let sinking: Float = 0.985
    private static let margin: Float = 4
    /// What is heard must exceed the background by so much while a prompt plays, as a factor: 6 dB.
    private static let backgroundMargin: Float = 4
    /// Energy of a region below which a prompt is silent: about -55 dBm0.
    private static let audible: Float = 1e-3
    private static let share: Float = 0.35

    private var spectrum = SpeechSpectrum()
    private var samples = [Float](repeating: 0, count: 336)
    private var said = [SIMD4<Float>](repeating: SIMD4(), count: EchoPredictor.memory)
    private var newest = 0
    /// Frames after the last of a prompt in which speech must still exceed the background: a prompt pauses so long.
    private static let pause = 50
    private var framesSincePrompt = EchoPredictor.pause
    /// Frames until the last prompt cannot come back any more.
    private var framesToForget = 0
    private var coupling = SIMD4<Float>(repeating: EchoPredictor.firstCoupling)

    /// What is heard when nobody stands out: a mean over a second.
    private var background = SIMD4<Float>()
    private var backgroundFrames: Float = 0

    init() {}

    /// The return loss that has been seen, in dB: of the region that comes back strongest.
    var returnLossInDB: Double { -10 * logarithm10(Double(max(coupling.max(), 1e-6))) }

    /// Takes 160 samples at 8 kHz of what the party is told.
    mutating func say(_ frame: Span<Int16>) {
        newest = (newest + 1) % EchoPredictor.memory
        let isAudible = EchoPredictor.isAudible(frame)
        framesSincePrompt = isAudible ? 0 : min(framesSincePrompt + 1, EchoPredictor.pause)
        guard framesToForget > 0 || isAudible else {
            said[newest] = SIMD4()
            return
        }
        if isAudible { framesToForget = EchoPredictor.memory }
        framesToForget -= 1
        samples.withUnsafeMutableBufferPointer { samples in
            for index in 0..<176 { samples[index] = samples[index + 160] }
            for index in 0..<160 { samples[176 + index] = index < frame.count ? Float(frame[index]) * (1 / 32_768) : 0 }
            spectrum.analyse(UnsafeBufferPointer(samples))
        }
        said[newest] = spectrum.regions
    }

    private static func isAudible(_ frame: Span<Int16>) -> Bool {
        for index in 0..<frame.count where frame[index] > 8 || frame[index] < -8 { return true }
        return false
    }

    /// Whether a frame is more than the echo of what was said.
    mutating func standsOut(_ heard: SIMD4<Float>) -> Bool {
        guard framesSincePrompt < EchoPredictor.pause else { return true }
        var strongest = SIMD4<Float>()
        for frame in 0..<EchoPredictor.memory {
            let energy = said[frame]
            strongest = strongest.replacing(with: energy, where: strongest .< energy)
        }
        let isEcho = heard .<= strongest * coupling * EchoPredictor.margin
        let isBackground = heard .<= background * EchoPredictor.backgroundMargin
        let excess = heard.replacing(with: 0, where: isEcho .| isBackground).sum()
        let standsOut = excess > EchoPredictor.share * heard.sum()
        if !standsOut { learn(heard, strongest, isEcho) }
        return standsOut
    }

    /// Follows what is heard while nobody speaks.
    mutating func learnBackground(_ heard: SIMD4<Float>, isSpeech: Bool) {
        backgroundFrames = min(backgroundFrames + 1, isSpeech ? 400 : 50)
        background += (heard - background) * (1 / max(backgroundFrames, isSpeech ? 400 : 1))
    }

    /// Follows what comes back, where something is said and nobody else is heard.
    private mutating func learn(_ heard: SIMD4<Float>, _ strongest: SIMD4<Float>, _ isEcho: SIMDMask<SIMD4<Int32>>) {
        for region in 0..<4 where strongest[region] > EchoPredictor.audible && isEcho[region] {
            let ratio = heard[region] / strongest[region]
            let value = max(ratio, coupling[region] * EchoPredictor.sinking)
            coupling[region] = min(max(value, EchoPredictor.couplingRange.least), EchoPredictor.couplingRange.most)
        }
    }
}
