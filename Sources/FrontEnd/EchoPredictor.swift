import Telephony

/// Tells what a party says from the echo of what the party is told.
///
/// The echo may come 20 to 420 ms after the prompt. For each of 20 delays, and in four regions of the spectrum, it keeps
/// how much of the prompt comes back: the coupling. It begins at a return loss of 15 dB and follows the lower ratios of
/// what is heard to what was said so long before. At the delay of the echo these are its return loss; at every other they
/// sink to what the noise lets be seen, because there the prompt is now and then loud while the line is quiet. So the
/// loudest of the 20 predictions is the echo where there is one, soon after the prompt began, and next to nothing where
/// there is none.
///
/// What is heard stands out when more than a quarter of its energy lies in regions that are 9 dB above the prediction and
/// the background; it stands out clearly 15 and 12 dB above them.
///
/// Against cancelling: it needs no linear path and no converged filter, costs a spectrum a frame, and is deaf only to a
/// caller who is softer than the echo.
struct EchoPredictor: Sendable {
    /// What a frame is beside what was said.
    enum Standing: Sendable, Equatable {
        /// No prompt plays of which there could be an echo.
        case alone
        /// Echo or background, as far as can be told.
        case hidden
        /// More than these.
        case standsOut
        /// Far more than these.
        case clear
    }

    /// Delays of 20 ms at which the echo may come.
    private static let delays = 20
    private static let firstCoupling: Float = 0.0316
    /// Nothing comes back weaker than this, or stronger.
    private static let couplingRange: (least: Float, most: Float) = (1e-4, 2)
    /// Steps of the coupling, at most 0.7 dB down and 0.25 dB up a frame: it rests where one ratio in four is below it.
    private static let (sinking, rising): (Float, Float) = (0.85, 1.06)
    /// What stands out exceeds the echo to be expected by so much.
    private static let margin: Float = 8
    private static let clearMargin: Float = 32
    /// And the background, while a prompt plays.
    private static let backgroundMargin: Float = 8
    private static let clearBackgroundMargin: Float = 16
    /// Energy of a region below which a prompt is silent: about -55 dBm0.
    private static let audible: Float = 1e-3
    /// An echo below twice the floor is not to be seen: what is heard then says nothing of the coupling.
    private static let visible: Float = 2
    private static let share: Float = 0.25
    /// Frames after the last of a prompt in which speech must still exceed the background: a prompt pauses so long.
    private static let pause = 50

    private var window = SpectrumWindow()
    /// Frames in a row that were said of the same measured audio, as far as they matter.
    private var measuredFrames = 0
    /// The last frames are not in the window yet, because nobody had to look at them.
    private var isBehind = false
    /// What was said, the newest first.
    private var said = InlineArray<21, SIMD4<Float>>(repeating: SIMD4())
    private var coupling = InlineArray<20, SIMD4<Float>>(repeating: SIMD4(repeating: EchoPredictor.firstCoupling))
    private var framesSincePrompt = EchoPredictor.pause
    /// Frames until the last prompt cannot come back any more.
    private var framesToForget = 0

    /// What is heard when nobody stands out: a mean over a second.
    private var background = SIMD4<Float>()
    private var backgroundFrames: Float = 0
    /// What is always heard: falls at once and rises by 3 dB a second.
    private var floor = SIMD4<Float>(repeating: .infinity)

    init() {}

    /// The return loss that has been seen, in dB: of the delay and region that come back strongest.
    var returnLossInDB: Double {
        var strongest: Float = 1e-6
        for delay in coupling.indices { strongest = max(strongest, coupling[delay].max()) }
        return -10 * logarithm10(Double(strongest))
    }

    /// Takes 160 samples at 8 kHz of what the party is told.
    ///
    /// - Parameter last: what was said just before, if that was measured audio.
    mutating func say(_ frame: Span<Int16>, after last: PromptPlace? = nil) {
        catchUp(to: last)
        measuredFrames = 0
        guard isToBeSeen(isAudible: EchoPredictor.isAudible(frame)) else { return shift(SIMD4()) }
        analyse(frame)
    }

    /// Takes a frame, at 8 kHz, of audio that many calls play.
    mutating func say(_ next: PromptPlace, after last: PromptPlace?) {
        guard let measured = next.measured else { return next.withFrame { say($0, after: last) } }
        let follows = next.follows(last)
        if !follows { catchUp(to: last) }
        guard isToBeSeen(isAudible: measured.isAudible) else {
            catchUp(to: last)
            measuredFrames = 0
            return shift(SIMD4())
        }
        measuredFrames = follows ? min(measuredFrames + 1, SpectrumWindow.framesOfWindow) : 1
        guard measuredFrames == SpectrumWindow.framesOfWindow else { return next.withFrame { analyse($0) } }
        isBehind = true
        shift(measured.energies)
    }

    /// Puts the last frames into the window.
    private mutating func catchUp(to last: PromptPlace?) {
        guard isBehind else { return }
        isBehind = false
        guard let place = last else { return }
        for age in stride(from: SpectrumWindow.framesOfWindow - 1, through: 0, by: -1) {
            let frame = PromptPlace(
                audio: place.audio, position: place.position - age * place.count, count: place.count)
            frame.withFrame { window.remember($0) }
        }
    }

    /// Counts a frame that is said; `false` when neither it nor one before it can still come back.
    private mutating func isToBeSeen(isAudible: Bool) -> Bool {
        framesSincePrompt = isAudible ? 0 : min(framesSincePrompt + 1, EchoPredictor.pause)
        guard framesToForget > 0 || isAudible else { return false }
        if isAudible { framesToForget = EchoPredictor.delays + 1 }
        framesToForget -= 1
        return true
    }

    private mutating func analyse(_ frame: Span<Int16>) {
        var spectrum = SpeechSpectrum()
        var samples = InlineArray<336, Float>(repeating: 0)
        var room = samples.mutableSpan
        if window.take(frame, into: &room) { spectrum.analyse(room.span) }
        shift(spectrum.regions)
    }

    /// Forgets what was said, but not how much of it comes back.
    mutating func forgetPrompts() {
        window = SpectrumWindow()
        measuredFrames = 0
        isBehind = false
        said = InlineArray(repeating: SIMD4())
        framesSincePrompt = EchoPredictor.pause
        framesToForget = 0
    }

    private mutating func shift(_ newest: SIMD4<Float>) {
        var said = said.mutableSpan
        var index = EchoPredictor.delays
        while index > 0 {
            said[index] = said[index - 1]
            index -= 1
        }
        said[0] = newest
    }

    /// Whether a frame is more than the idle noise of G.711.
    static func isAudible(_ frame: Span<Int16>) -> Bool {
        for index in 0..<frame.count where frame[index] > 8 || frame[index] < -8 { return true }
        return false
    }

    /// Judges a frame, and learns from it.
    ///
    /// - Parameters:
    ///   - heard: the energies of its regions.
    ///   - decision: what the detector makes of the frame.
    mutating func judge(_ heard: SIMD4<Float>, _ decision: SpeechDetector.Decision) -> Standing {
        let isPlaying = framesSincePrompt < EchoPredictor.pause
        followFloor(heard)
        let expected = isPlaying ? EchoPredictor.expectedEcho(said.span, coupling.span) : SIMD4()
        let standing = isPlaying ? standing(heard, expected) : .alone
        if isPlaying { learnCoupling(heard, speaks: standing != .hidden && decision.isPossible) }
        learnBackground(heard, expected, isSpeech: standing != .hidden && decision.isActive)
        return standing
    }

    private func standing(_ heard: SIMD4<Float>, _ expected: SIMD4<Float>) -> Standing {
        func exceeds(_ margin: Float, _ backgroundMargin: Float) -> Bool {
            let isEcho = heard .<= expected * margin
            let isBackground = heard .<= background * backgroundMargin
            return heard.replacing(with: 0, where: isEcho .| isBackground).sum() > EchoPredictor.share * heard.sum()
        }
        guard exceeds(EchoPredictor.margin, EchoPredictor.backgroundMargin) else { return .hidden }
        return exceeds(EchoPredictor.clearMargin, EchoPredictor.clearBackgroundMargin) ? .clear : .standsOut
    }

    /// The loudest echo that any delay predicts. A delay lies between two frames: the louder of both is taken.
    private static func expectedEcho(_ said: Span<SIMD4<Float>>, _ coupling: Span<SIMD4<Float>>) -> SIMD4<Float> {
        var strongest = SIMD4<Float>()
        for delay in 0..<EchoPredictor.delays {
            let louder = said[delay].replacing(with: said[delay + 1], where: said[delay] .< said[delay + 1])
            let echo = coupling[delay] * louder
            strongest.replace(with: echo, where: strongest .< echo)
        }
        return strongest
    }

    private mutating func followFloor(_ heard: SIMD4<Float>) {
        let risen = floor * 1.014
        let up = heard.replacing(with: risen, where: risen .< heard)
        let isLower = heard .< floor
        // The first frame of all is its own floor.
        let down = (floor + (heard - floor) * 0.2).replacing(with: heard, where: floor .== .infinity)
        floor = up.replacing(with: down, where: isLower)
        floor.replace(with: 1e-7, where: floor .< 1e-7)
    }

    /// Follows what comes back; upward only while nobody speaks.
    private mutating func learnCoupling(_ heard: SIMD4<Float>, speaks: Bool) {
        var coupling = coupling.mutableSpan
        EchoPredictor.learn(&coupling, from: heard, said.span, floor: floor, speaks: speaks)
    }

    private static func learn(
        _ coupling: inout MutableSpan<SIMD4<Float>>, from heard: SIMD4<Float>, _ said: Span<SIMD4<Float>>,
        floor: SIMD4<Float>, speaks: Bool
    ) {
        let net = (heard - 2 * floor).replacing(with: 0, where: heard .< 2 * floor)
        let least = EchoPredictor.visible * floor
        for delay in 0..<EchoPredictor.delays {
            // Between two frames the softer one: what is heard can be no less than its echo.
            let softer = said[delay].replacing(with: said[delay + 1], where: said[delay + 1] .< said[delay])
            let old = coupling[delay]
            let ratio = net / softer.replacing(with: 1e-9, where: softer .< 1e-9)
            let isSeen = (softer .> EchoPredictor.audible) .& (old * softer .> least)
            let sunk = old * EchoPredictor.sinking
            let risen = old * EchoPredictor.rising
            let lower = ratio.replacing(with: sunk, where: ratio .< sunk)
            let higher = speaks ? old : ratio.replacing(with: risen, where: risen .< ratio)
            var value = old.replacing(with: higher.replacing(with: lower, where: ratio .< old), where: isSeen)
            value.replace(with: EchoPredictor.couplingRange.least, where: value .< EchoPredictor.couplingRange.least)
            value.replace(with: EchoPredictor.couplingRange.most, where: value .> EchoPredictor.couplingRange.most)
            coupling[delay] = value
        }
    }

    /// Follows what is heard while nobody speaks, in the regions where no echo is to be expected.
    private mutating func learnBackground(_ heard: SIMD4<Float>, _ expected: SIMD4<Float>, isSpeech: Bool) {
        backgroundFrames = min(backgroundFrames + 1, isSpeech ? 400 : 50)
        let step = (heard - background) * (1 / max(backgroundFrames, isSpeech ? 400 : 1))
        background += step.replacing(with: 0, where: expected .> 0.5 * heard)
    }
}
