/// Decides what a frame counts for when speech may be beginning.
///
/// What the detector says counts when it stands out of the prompt's echo and the background. After a calm in which nothing
/// that stood out could have been speech, the next 160 ms take less to convince while a prompt plays: nobody has been
/// talking, so what now rises above the line is most likely a caller, of whom the detector has heard the first
/// consonant and no vowel yet.
struct OnsetJudge: Sendable {
    /// What a frame counts for.
    struct Verdict: Sendable, Equatable {
        /// Somebody speaks.
        var isActive = false
        /// Somebody may be speaking: counts once an active frame follows.
        var isPossible = false
        /// It is beyond doubt, and counts twice.
        var isCertain = false
    }

    /// Frames of calm after which less is enough.
    private static let calm = 50
    /// Frames for which less is enough then.
    private static let alertness = 8
    /// The probabilities from which a frame is active then, and beyond doubt, as shares of the usual threshold.
    private static let (active, certain): (Float, Float) = (0.2, 0.6)
    /// That from which a frame is beyond doubt then that stands out clearly.
    private static let clearlyCertain: Float = 0.3

    private let threshold: Float
    private var calmFrames = 0
    private var alertFrames = 0

    /// - Parameter threshold: the probability from which a frame is speech, 0 to 1.
    init(threshold: Double) { self.threshold = Float(threshold) }

    /// Takes a frame.
    ///
    /// - Parameter isConcealed: the frame stands in for lost audio, and can begin no speech.
    mutating func judge(
        _ decision: SpeechDetector.Decision, _ standing: EchoPredictor.Standing, isConcealed: Bool
    ) -> Verdict {
        let isHeard = standing != .hidden
        alertFrames = calmFrames >= OnsetJudge.calm ? OnsetJudge.alertness : max(alertFrames - 1, 0)
        calmFrames = isHeard && decision.isPossible ? 0 : min(calmFrames + 1, OnsetJudge.calm)
        guard isHeard, !isConcealed else { return Verdict() }
        let isClear = standing == .clear
        guard alertFrames > 0, standing != .alone else {
            return Verdict(
                isActive: decision.isActive, isPossible: decision.isPossible,
                isCertain: decision.isUnmistakable || isClear && decision.isCertain)
        }
        let isActive = decision.isActive || decision.probability >= threshold * OnsetJudge.active
        let share = isClear ? OnsetJudge.clearlyCertain : OnsetJudge.certain
        return Verdict(
            isActive: isActive, isPossible: isActive || decision.isPossible,
            isCertain: decision.isUnmistakable || decision.probability >= threshold * share)
    }
}
