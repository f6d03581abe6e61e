/// Mono 16-bit linear PCM that several calls may share: a rendered prompt, a recorded file.
///
/// Immutable, so a reference can be held by the media lane while a cache elsewhere lets go of it.
public final class PCMAudio: Sendable {
    /// Samples a second, 8,000 to 48,000.
    public let sampleRate: Int
    /// Full scale is ±32,768.
    public let samples: [Int16]
    /// What a listener must know of each whole frame of 20 ms to tell the audio's echo: its energies in four regions of the
    /// spectrum. Empty where nobody has measured them; then every listener does for itself.
    package let regionEnergies: [SIMD4<Float>]

    public init(sampleRate: Int, samples: [Int16]) {
        self.sampleRate = sampleRate
        self.samples = samples
        regionEnergies = []
    }

    /// The same audio, measured.
    package init(_ audio: PCMAudio, regionEnergies: [SIMD4<Float>]) {
        sampleRate = audio.sampleRate
        samples = audio.samples
        self.regionEnergies = regionEnergies
    }

    public var durationInSeconds: Double { Double(samples.count) / Double(sampleRate) }
}

/// The media tick: every leg plays, hears and sends this much at a time.
public let tickDuration = Interval.milliseconds(20)
