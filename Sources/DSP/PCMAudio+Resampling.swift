package import Telephony

extension PCMAudio {
    /// The same audio at another rate: `round(count * rate / sampleRate)` samples, and not delayed.
    ///
    /// - Throws: ``CodecError`` when the rates are refused.
    package func resampled(to rate: Int, quality: Int = Resampler.fileQuality) throws(CodecError) -> PCMAudio {
        guard rate != sampleRate else { return self }
        var resampler = try Resampler(from: sampleRate, to: rate, quality: quality)
        resampler.skipLatency()
        let count = (samples.count * rate + sampleRate / 2) / sampleRate
        // The end of the audio comes out when silence is pushed after it.
        let silence = [Int16](repeating: 0, count: resampler.inputLatency + 64)
        var result = [Int16](repeating: 0, count: count)
        var target = result.mutableSpan
        let source = samples
        var taken = 0
        var written = 0
        while written < count {
            let step: (taken: Int, written: Int)
            if taken < source.count {
                step = resampler.resample(source.span.extracting(taken..<source.count), into: &target, at: written)
            } else {
                step = resampler.resample(silence.span, into: &target, at: written)
            }
            if step.taken == 0, step.written == 0 { break }
            taken += step.taken
            written += step.written
        }
        return PCMAudio(sampleRate: rate, samples: result)
    }
}
