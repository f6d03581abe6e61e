import CSpeexDSP

/// Changes the sample rate of one stream, by libspeexdsp, of which it owns a state.
///
/// Equal rates pass through untouched. Allocates in `init` only.
package struct Resampler: ~Copyable {
    private let state: OpaquePointer
    private let isPassingThrough: Bool
    /// Samples at the input rate by which the output lags, unless ``skipLatency()`` was called.
    package let inputLatency: Int
    /// The same at the output rate.
    package let outputLatency: Int

    /// For a live stream: 60 dB of stop band for little delay.
    package static let liveQuality = 5
    /// For a file that is converted once.
    package static let fileQuality = 9

    /// - Parameters:
    ///   - inputRate: 1,000 to 384,000 samples a second; so the output rate.
    ///   - quality: 0 to 10, as libspeexdsp counts it; the higher, the steeper the filter and the longer its delay.
    /// - Throws: ``CodecError`` when the rates are refused.
    package init(
        from inputRate: Int, to outputRate: Int, quality: Int = Resampler.liveQuality
    ) throws(CodecError) {
        let rates = 1_000...384_000
        var status: Int32 = 0
        guard rates.contains(inputRate), rates.contains(outputRate),
            let state = speex_resampler_init(
                1, UInt32(inputRate), UInt32(outputRate), Int32(min(max(quality, 0), 10)), &status)
        else { throw CodecError(description: "cannot resample from \(inputRate) Hz to \(outputRate) Hz") }
        self.state = state
        isPassingThrough = inputRate == outputRate
        inputLatency = isPassingThrough ? 0 : Int(speex_resampler_get_input_latency(state))
        outputLatency = isPassingThrough ? 0 : Int(speex_resampler_get_output_latency(state))
    }

    deinit { speex_resampler_destroy(state) }

    /// Makes the first sample out belong to the first in, at the price of fewer samples at first. Before any other call.
    package mutating func skipLatency() { _ = speex_resampler_skip_zeros(state) }

    /// Begins anew with silence.
    package mutating func reset() { _ = speex_resampler_reset_mem(state) }

    /// Takes samples and gives what they make, as far as there is room.
    ///
    /// With whole ratios each frame gives its own length; with others the count varies by one from frame to frame.
    ///
    /// - Parameter offset: where in the output to begin.
    /// - Returns: how many samples were taken and how many were written.
    package mutating func resample(
        _ input: Span<Int16>, into output: inout MutableSpan<Int16>, at offset: Int = 0
    ) -> (taken: Int, written: Int) {
        guard offset >= 0, offset < output.count else { return (0, 0) }
        if isPassingThrough {
            let count = min(input.count, output.count - offset)
            for index in 0..<count { output[offset &+ index] = input[index] }
            return (count, count)
        }
        return input.withUnsafeBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                guard let from = source.baseAddress, let into = target.baseAddress else { return (0, 0) }
                var taken = UInt32(clamping: source.count)
                var written = UInt32(clamping: target.count - offset)
                let status = speex_resampler_process_int(state, 0, from, &taken, into + offset, &written)
                return status == 0 ? (Int(taken), Int(written)) : (0, 0)
            }
        }
    }
}
