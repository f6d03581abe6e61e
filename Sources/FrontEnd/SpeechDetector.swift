/// Tells speech from everything else on a telephone line: silence, noise, music, the tones of the network, keys.
///
/// A frame of 20 ms at 8 kHz becomes 80 features, which a small recurrent network judges; there is no look-ahead. The
/// decision has hysteresis: it rises as soon as the probability reaches the threshold and falls when the probability has
/// stayed below the lower one for ``hangover`` frames, so that a soft syllable does not break a word in two.
///
/// A line on which nothing has come for half a second is heard at every frame and judged at every eighth: one frame of it is
/// like the others, and most callers are silent most of the time.
package struct SpeechDetector: Sendable {
    /// What is known at the end of a frame.
    package struct Decision: Sendable, Equatable {
        /// That somebody speaks, 0 to 1.
        package var probability: Float
        package var isActive: Bool

        package init(probability: Float, isActive: Bool) {
            self.probability = probability
            self.isActive = isActive
        }

        /// Speech is not unlikely: what turns out to be speech began with such frames.
        package var isPossible: Bool { isActive || probability >= 0.2 }
        /// Speech, whatever the next frame brings.
        package var isCertain: Bool { isActive && probability >= 0.6 }
        /// Speech that no second frame has to confirm.
        package var isUnmistakable: Bool { isActive && probability >= 0.7 }
    }

    /// What the network's logit must exceed for even odds: false starts cost more than 20 ms of onset.
    private static let bias: Float = 1.8
    /// The lower threshold, as a share of the upper: 2.6 below in logits at the default of 0.5.
    private static let lowerThreshold: Float = 0.138
    private static let hangover = 1
    /// Magnitude of samples, a power of two, below which there is at most the idle noise of G.711.
    private static let silence: Int16 = 16
    /// Silent frames after which not every one is judged, and of how many one is then.
    private static let settling = 25
    private static let judgedOf = 8

    private var features = SpeechFeatures()
    private var network = SpeechNetwork()
    private let threshold: Float
    private var isActive = false
    private var framesBelow = 0
    private var silentFrames = 0
    private var probability: Float = 0

    /// - Parameter threshold: the probability from which a frame is speech, 0 to 1.
    package init(threshold: Double) { self.threshold = Float(threshold) }

    /// Takes 160 samples.
    package mutating func hear(_ frame: Span<Int16>) -> Decision {
        silentFrames = SpeechDetector.isSilent(frame) ? silentFrames &+ 1 : 0
        guard silentFrames <= SpeechDetector.settling || silentFrames.isMultiple(of: SpeechDetector.judgedOf) else {
            features.passSilence()
            return Decision(probability: probability, isActive: isActive)
        }
        probability = probability(of: frame)
        if probability >= threshold {
            isActive = true
            framesBelow = 0
        } else if isActive {
            framesBelow = probability < threshold * SpeechDetector.lowerThreshold ? framesBelow + 1 : 0
            if framesBelow > SpeechDetector.hangover { isActive = false }
        }
        return Decision(probability: probability, isActive: isActive)
    }

    private static func isSilent(_ frame: Span<Int16>) -> Bool {
        var bits: Int16 = 0
        for index in 0..<frame.count { bits |= frame[index] ^ (frame[index] >> 15) }
        return bits < silence
    }

    private mutating func probability(of frame: Span<Int16>) -> Float {
        let values = features.hear(frame)
        return logistic(Lanes(repeating: network.logit(of: values.span) - SpeechDetector.bias))[0]
    }

    /// The energies of the last frame in the regions of ``SpeechSpectrum``.
    var regionEnergies: SIMD4<Float> { features.regionEnergies }
}
