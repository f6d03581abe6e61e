import CSpeexDSP
package import Telephony

/// Changes the sample rate of one stream, by libspeexdsp.
package struct Resampler: ~Copyable {
    private let state: OpaquePointer
    /// Samples at the input rate by which the output lags.
    package let inputLatency: Int

    /// - Parameter quality: 0 to 10, as libspeexdsp counts it; 5 keeps images 60 dB down.
    /// - Throws: ``CodecError`` when the library refuses the rates.
    package init(from inputRate: Int, to outputRate: Int, quality: Int32 = 5) throws(CodecError) {
        var status: Int32 = 0
        guard
            let state = speex_resampler_init(
                1, spx_uint32_t(inputRate), spx_uint32_t(outputRate), quality, &status)
        else { throw CodecError(description: "cannot resample from \(inputRate) Hz to \(outputRate) Hz") }
        self.state = state
        inputLatency = Int(speex_resampler_get_input_latency(state))
    }

    deinit { speex_resampler_destroy(state) }

    /// Takes samples and gives what they make; returns how many were taken and how many were written.
    ///
    /// - Parameter offset: where in the output to begin.
    package mutating func resample(
        _ input: Span<Int16>, into output: inout MutableSpan<Int16>, at offset: Int = 0
    ) -> (taken: Int, written: Int) {
        var taken = spx_uint32_t(input.count)
        var written = spx_uint32_t(max(0, output.count - offset))
        _ = input.withUnsafeBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                let start = target.baseAddress.map { $0 + offset }
                return speex_resampler_process_int(state, 0, source.baseAddress, &taken, start, &written)
            }
        }
        return (Int(taken), Int(written))
    }

    /// Leaves out the lag at the beginning, so that the first sample out belongs to the first in.
    mutating func skipLatency() { _ = speex_resampler_skip_zeros(state) }
}

extension PCMAudio {
    /// The same audio at another rate: as long to the nearest sample, and not delayed.
    ///
    /// - Throws: ``CodecError`` when the library refuses the rates.
    package func resampled(to rate: Int) throws(CodecError) -> PCMAudio {
        guard rate != sampleRate, !samples.isEmpty else { return PCMAudio(sampleRate: rate, samples: samples) }
        var resampler = try Resampler(from: sampleRate, to: rate, quality: 8)
        resampler.skipLatency()
        let count = Int((Double(samples.count) * Double(rate) / Double(sampleRate)).rounded())
        let padded = samples + [Int16](repeating: 0, count: resampler.inputLatency * 2 + 64)
        var result = [Int16](repeating: 0, count: count)
        var taken = 0
        var written = 0
        while written < count, taken < padded.count {
            var target = result.mutableSpan
            let step = resampler.resample(padded.span.extracting(taken..<padded.count), into: &target, at: written)
            if step.taken == 0, step.written == 0 { break }
            taken += step.taken
            written += step.written
        }
        return PCMAudio(sampleRate: rate, samples: result)
    }
}
