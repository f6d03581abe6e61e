// What is done to samples, one 20 ms frame at a time:
//
//     payload ──> AudioDecoder ──> TimeScaler ──> the listeners                 caller in
//                  │ Concealment where a packet is missing
//     payload <── AudioEncoder <── MixMinus, Fade, ToneGenerator <── prompts    Parley out
//
// `Codec` says what a payload is; it is where to begin. A frame is a `Span<Int16>` of mono linear PCM at the rate of its
// leg, full scale ±32,768. Nothing here allocates after `init`, and the same input gives the same octets in every build:
// arithmetic that reaches a sample is integer, or floating point in a fixed order with functions of our own
// (``Elementary``).

/// Why a codec, a resampler, an echo canceller or a leg that needs them cannot be had.
package struct CodecError: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}
