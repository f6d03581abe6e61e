import CSpeexDSP

/// Owns a speexdsp echo canceller: removes from what comes in what was sent out shortly before.
///
/// Allocates in `init` only.
package struct EchoCanceller: ~Copyable {
    /// Samples of a frame.
    package let frameLength: Int
    private let state: OpaquePointer

    /// - Parameters:
    ///   - sampleRate: 8,000 or 16,000.
    ///   - tailInMilliseconds: how late an echo may be, 16 to 512.
    package init(sampleRate: Int, tailInMilliseconds: Int) throws(CodecError) {
        guard sampleRate == 8_000 || sampleRate == 16_000 else {
            throw CodecError(description: "no echo cancelling at \(sampleRate) Hz")
        }
        guard (16...512).contains(tailInMilliseconds) else {
            throw CodecError(description: "no echo cancelling over \(tailInMilliseconds) ms")
        }
        let tail = sampleRate / 1_000 * tailInMilliseconds
        guard let state = speex_echo_state_init(Int32(sampleRate / 50), Int32(tail)) else {
            throw CodecError(description: "libspeexdsp could not create its state")
        }
        var rate = Int32(sampleRate)
        _ = speex_echo_ctl(state, SPEEX_ECHO_SET_SAMPLING_RATE, &rate)
        self.state = state
        frameLength = sampleRate / 50
    }

    deinit { speex_echo_state_destroy(state) }

    /// Forgets the echo path.
    package mutating func reset() { speex_echo_state_reset(state) }

    /// Writes the near end's frame without the far end's echo.
    ///
    /// - Parameters:
    ///   - near: what came in.
    ///   - far: what went out at the same time.
    /// - Returns: whether the three are of ``frameLength``; when not, nothing is done.
    @discardableResult
    package mutating func process(near: Span<Int16>, far: Span<Int16>, into output: inout MutableSpan<Int16>) -> Bool {
        guard near.count == frameLength, far.count == frameLength, output.count == frameLength else { return false }
        near.withUnsafeBufferPointer { nearSamples in
            far.withUnsafeBufferPointer { farSamples in
                output.withUnsafeMutableBufferPointer { result in
                    guard let a = nearSamples.baseAddress, let b = farSamples.baseAddress, let c = result.baseAddress
                    else { return }
                    speex_echo_cancellation(state, a, b, c)
                }
            }
        }
        return true
    }
}
