/// Mono 16-bit linear PCM that several calls may share: a rendered prompt, a recorded file.
///
/// Immutable, so a reference can be held by the media lane while a cache elsewhere lets go of it.
public final class PCMAudio: Sendable {
    /// Samples a second, 8,000 to 48,000.
    public let sampleRate: Int
    /// Full scale is ±32,768.
    public let samples: [Int16]
    /// What a listener must know of each whole frame of 20 ms to tell the audio's echo. Empty where nobody has measured
    /// them; then every listener does for itself.
    package let measuredFrames: [MeasuredFrame]
    /// The audio in both laws of ITU-T G.711, an octet a sample; empty where nobody has encoded it.
    package let muLaw: [UInt8]
    package let aLaw: [UInt8]

    public init(sampleRate: Int, samples: [Int16]) {
        self.sampleRate = sampleRate
        self.samples = samples
        measuredFrames = []
        muLaw = []
        aLaw = []
    }

    /// The same audio, measured.
    package init(_ audio: PCMAudio, measuredFrames: [MeasuredFrame]) {
        sampleRate = audio.sampleRate
        samples = audio.samples
        self.measuredFrames = measuredFrames
        muLaw = audio.muLaw
        aLaw = audio.aLaw
    }

    /// The same audio, encoded.
    package init(_ audio: PCMAudio, muLaw: [UInt8], aLaw: [UInt8]) {
        sampleRate = audio.sampleRate
        samples = audio.samples
        measuredFrames = audio.measuredFrames
        self.muLaw = muLaw
        self.aLaw = aLaw
    }

    public var durationInSeconds: Double { Double(samples.count) / Double(sampleRate) }
}

/// What is known of a frame of audio that many calls play.
package struct MeasuredFrame: Sendable {
    /// Its energies in four regions of the spectrum, when the frames before it are those of the same audio; full scale is 1.
    package let energies: SIMD4<Float>
    /// It is no silence.
    package let isAudible: Bool

    package init(energies: SIMD4<Float>, isAudible: Bool) {
        self.energies = energies
        self.isAudible = isAudible
    }
}

/// The media tick: every leg plays, hears and sends this much at a time.
public let tickDuration = Interval.milliseconds(20)
