/// Tells dial tone from a voice under a key.
enum DialTone {
    /// The dial tones of North America and the UK (350 and 440 Hz), of most of Europe (425 Hz) and of older British
    /// exchanges (400 and 450 Hz); 0 for no second tone.
    private static let kinds: [(first: Float, second: Float)] = [(350, 440), (425, 0), (400, 450)]
    /// How far a tone may be from its frequency, as a share.
    private static let tolerance: Float = 0.015
    /// What may be left of the power between 80 and 520 Hz.
    private static let leastLeft: Float = 0.06

    /// Whether all but a small part of the power between 80 and 520 Hz is a dial tone.
    ///
    /// - Parameters:
    ///   - first: where 60 to 80 ms of samples of 8 kHz begin.
    ///   - last: the first sample behind them.
    static func explains(_ samples: Span<Float>, from first: Int, to last: Int) -> Bool {
        for kind in kinds {
            // One frequency alone gets a second sine that is then silent.
            var fit = TwoToneFit(lowFrequency: kind.first, highFrequency: kind.second == 0 ? 600 : kind.second)
            fit.fit(samples, from: first, to: last, rounds: 3)
            if kind.second == 0 { fit.high.silence() }
            guard isNear(fit.low, kind.first), kind.second == 0 || isNear(fit.high, kind.second) else { continue }
            if fit.remainder(samples, to: last) <= leastLeft { return true }
        }
        return false
    }

    private static func isNear(_ sine: TwoToneFit.Sine, _ frequency: Float) -> Bool {
        abs(sine.frequency / TwoToneFit.radiansPerHertz - frequency) <= tolerance * frequency
    }
}
