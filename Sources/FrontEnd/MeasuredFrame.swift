package import Telephony

/// A frame of audio that many calls play, of which the energies are known.
struct MeasuredFrame: Sendable {
    /// What ``EchoPredictor`` would find when the frames before it are those of the same audio.
    var energies: SIMD4<Float>
    /// The frame before it in the audio was said just before.
    var follows: Bool

    /// So many frames of the same audio fill the window of a spectrum.
    static let framesOfWindow = 3
}

extension PCMAudio {
    /// The same audio with what ``Listener`` must know of it to tell its echo, so that not every call that plays it finds
    /// out anew; of audio that is not at 8 kHz nothing is known.
    package func measuredForEcho() -> PCMAudio {
        guard sampleRate == 8_000, regionEnergies.isEmpty else { return self }
        var window = SpectrumWindow()
        let samples = samples
        var energies: [SIMD4<Float>] = []
        energies.reserveCapacity(samples.count / 160)
        for frame in 0..<(samples.count / 160) {
            var spectrum = SpeechSpectrum()
            let audio = window.take(samples.span.extracting((frame * 160)..<(frame * 160 + 160)))
            if let audio { spectrum.analyse(audio.span) }
            energies.append(spectrum.regions)
        }
        return PCMAudio(self, regionEnergies: energies)
    }
}
