import DSP

/// Says by its level alone whether a party speaks: for two people who are alone with each other, of whom nothing is needed
/// but how long each spoke.
///
/// A frame is active when it is 9 dB above the background and above -45 dBm0, and for 200 ms after. The background falls at
/// once, but not below -54 dBm0, and rises by 3 dB a second. Against ``SpeechDetector`` it takes music and tones for
/// speech, and costs next to nothing.
struct LevelActivity: Sendable {
    private static let margin: Float = 8
    /// -45 dBm0, as a mean square of samples.
    private static let least: Float = 16_500
    private static let rise: Float = 1.014
    private static let hangover = 10

    private var background: Float = .infinity
    private var framesSince = LevelActivity.hangover + 1

    init() {}

    /// Takes 160 samples at 8 kHz.
    mutating func hear(_ frame: Span<Int16>) -> SpeechDetector.Decision {
        let power = Float(Level.meanSquare(of: frame))
        background = max(LevelActivity.least / LevelActivity.margin, min(power, background * LevelActivity.rise))
        framesSince = power > background * LevelActivity.margin ? 0 : min(framesSince + 1, LevelActivity.hangover + 1)
        let isActive = framesSince <= LevelActivity.hangover
        return SpeechDetector.Decision(probability: isActive ? 1 : 0, isActive: isActive)
    }
}
