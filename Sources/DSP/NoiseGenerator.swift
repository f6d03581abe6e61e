/// Makes noise of a level and a colour: what stands for the silence of a far end that sends none of it (RFC 3389).
///
/// White noise of even distribution goes through an all-pole lattice of reflection coefficients, whose gain is taken
/// back, so that the level is kept. The same noise every time; allocates nothing.
package struct NoiseGenerator: Sendable {
    private var amplitude: Float = 0
    private var reflections: InlineArray<10, Float> = InlineArray(repeating: 0)
    private var state: InlineArray<10, Float> = InlineArray(repeating: 0)
    private var order = 0
    private var random: UInt32 = 0x2545_F491

    package init() {}

    /// Sets what the noise is like.
    ///
    /// - Parameters:
    ///   - level: RMS in dBov, 0 or below: 0 dBov is a square wave of full scale.
    ///   - reflections: each above -1 and below 1; the first `order` count.
    package mutating func set(level: Float, reflections: InlineArray<10, Float>, order: Int) {
        self.reflections = reflections
        self.order = min(max(0, order), 10)
        var gain: Float = 1
        for index in 0..<self.order { gain *= 1 - reflections[index] * reflections[index] }
        // Even distribution between -a and a has an RMS of a over the root of 3.
        let rms = 32_768 * Float(Elementary.exp10(Double(min(0, level)) / 20))
        amplitude = rms * (3 * max(0, gain)).squareRoot()
    }

    /// Writes `count` samples from `offset` on.
    package mutating func make(_ samples: inout MutableSpan<Int16>, at offset: Int, count: Int) {
        let first = min(max(0, offset), samples.count)
        for index in first..<min(first + max(0, count), samples.count) {
            random ^= random << 13
            random ^= random >> 17
            random ^= random << 5
            var sample = amplitude * Float(Int32(bitPattern: random)) * 0x1p-31
            for stage in stride(from: order - 1, through: 0, by: -1) {
                sample -= reflections[stage] * state[stage]
                let back = state[stage] + reflections[stage] * sample
                if stage + 1 < 10 { state[stage + 1] = back }
            }
            state[0] = sample
            samples[index] = Int16(clamping: Int32(max(-32_768, min(32_767, sample))))
        }
    }
}
