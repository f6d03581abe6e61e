package import Telephony

/// A frame that is a part of audio that many calls play.
package struct PromptPlace: Sendable {
    package let audio: PCMAudio
    /// Its first sample.
    package let position: Int
    /// Samples.
    package let count: Int

    /// - Parameters:
    ///   - position: at least 0.
    ///   - count: no more than the audio has from there on.
    package init(audio: PCMAudio, position: Int, count: Int) {
        self.audio = audio
        self.position = position
        self.count = count
    }

    /// Gives the frame.
    package func withFrame(_ body: (Span<Int16>) -> Void) {
        let samples = audio.samples
        body(samples.span.extracting(position..<position + count))
    }

    /// It comes just behind another frame of the same audio.
    func follows(_ last: PromptPlace?) -> Bool {
        last.map { $0.audio === audio && $0.position + $0.count == position } ?? false
    }

    /// What is known of the frame.
    var measured: MeasuredFrame? {
        let frame = position / PCMAudio.measuredLength
        guard count == PCMAudio.measuredLength, position.isMultiple(of: count), frame < audio.measuredFrames.count
        else { return nil }
        return audio.measuredFrames[frame]
    }
}

extension PCMAudio {
    /// Samples of a frame that is measured.
    fileprivate static let measuredLength = 160

    /// The same audio with what ``Listener`` must know of it to tell its echo, so that not every call that plays it finds
    /// out anew; of audio that is not at 8 kHz nothing is known.
    package func measuredForEcho() -> PCMAudio {
        guard sampleRate == 8_000, measuredFrames.isEmpty else { return self }
        var window = SpectrumWindow()
        let samples = samples
        var frames: [MeasuredFrame] = []
        frames.reserveCapacity(samples.count / PCMAudio.measuredLength)
        for begin in stride(from: 0, through: samples.count - PCMAudio.measuredLength, by: PCMAudio.measuredLength) {
            let frame = samples.span.extracting(begin..<begin + PCMAudio.measuredLength)
            var spectrum = SpeechSpectrum()
            var audio = InlineArray<336, Float>(repeating: 0)
            var room = audio.mutableSpan
            if window.take(frame, into: &room) { spectrum.analyse(room.span) }
            frames.append(MeasuredFrame(energies: spectrum.regions, isAudible: EchoPredictor.isAudible(frame)))
        }
        return PCMAudio(self, measuredFrames: frames)
    }
}
