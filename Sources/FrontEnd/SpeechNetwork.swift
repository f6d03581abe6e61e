/// The network that tells speech from everything else: 80 features a frame in, the logit of speech out.
///
/// A dense layer of 32 rectified units, a gated recurrent layer of 48 and one output; about 14,000 weights of eight
/// bits, see ``SpeechWeights``. What they are multiplied by is rounded to sixteen bits. Its memory of the call so far is
/// 48 numbers.
struct SpeechNetwork: Sendable {
    static let inputs = 80
    static let dense = 32
    static let units = 48
    private static let blocks = units / 8

    private let weights: SpeechWeights
    private var state = InlineArray<6, Lanes>(repeating: Lanes())

    init() { weights = SpeechWeights.shared }

    /// - Parameter features: ``inputs`` numbers.
    mutating func logit(of features: Span<Float>) -> Float {
        let outputs = outputs(of: features)
        var memory = InlineArray<48, Int16>(repeating: 0)
        var room = memory.mutableSpan
        for block in 0..<SpeechNetwork.blocks { SpeechNetwork.put(state[block], Scale.state, into: &room, block) }
        return recur(outputs.span, memory.span)
    }

    /// What the dense layer makes of the features.
    private func outputs(of features: Span<Float>) -> InlineArray<32, Int16> {
        precondition(features.count == SpeechNetwork.inputs)
        var normalised = InlineArray<80, Int16>(repeating: 0)
        var numbers = normalised.mutableSpan
        for block in 0..<(SpeechNetwork.inputs / 8) {
            let lanes = eight(of: features, from: block * 8)
            let deviations = (lanes - weights.mean[block]) * weights.inverseDeviation[block]
            SpeechNetwork.put(deviations, Scale.features, into: &numbers, block)
        }
        var outputs = InlineArray<32, Int16>(repeating: 0)
        var room = outputs.mutableSpan
        for block in stride(from: 0, to: SpeechNetwork.dense / 8, by: 2) {
            let sums = weights.dense.product(block, numbers.span)
            SpeechNetwork.put(larger(sums.0, Lanes()), Scale.dense, into: &room, block)
            SpeechNetwork.put(larger(sums.1, Lanes()), Scale.dense, into: &room, block + 1)
        }
        return outputs
    }

    private mutating func recur(_ inputs: Span<Int16>, _ memory: Span<Int16>) -> Float {
        var update = InlineArray<6, Lanes>(repeating: Lanes())
        var passed = InlineArray<48, Int16>(repeating: 0)
        var room = passed.mutableSpan
        for block in stride(from: 0, to: SpeechNetwork.blocks, by: 2) {
            let updates = weights.update.product(block, inputs, memory)
            (update[block], update[block + 1]) = (logistic(updates.0), logistic(updates.1))
            let resets = weights.reset.product(block, inputs, memory)
            SpeechNetwork.put(logistic(resets.0) * state[block], Scale.state, into: &room, block)
            SpeechNetwork.put(logistic(resets.1) * state[block + 1], Scale.state, into: &room, block + 1)
        }
        var sum = Lanes()
        for block in stride(from: 0, to: SpeechNetwork.blocks, by: 2) {
            let candidates = weights.candidate.product(block, inputs, room.span)
            state[block] = SpeechNetwork.moved(state[block], update[block], candidates.0)
            state[block + 1] = SpeechNetwork.moved(state[block + 1], update[block + 1], candidates.1)
            sum += weights.output[block] * state[block] + weights.output[block + 1] * state[block + 1]
        }
        return weights.outputBias + total(sum)
    }

    /// Eight units of the state, moved towards their candidates.
    @inline(__always) private static func moved(_ units: Lanes, _ update: Lanes, _ candidate: Lanes) -> Lanes {
        let target = hyperbolicTangent(candidate)
        return target + update * (units - target)
    }

    /// Rounds eight numbers to whole ones, see ``Scale``.
    @inline(__always)
    private static func put(_ numbers: Lanes, _ scale: Float, into room: inout MutableSpan<Int16>, _ block: Int) {
        let whole = SpeechMatrix.whole(numbers, scale)
        room.withUnsafeMutableBytes { $0.storeBytes(of: whole, toByteOffset: block * 16, as: SIMD8<Int16>.self) }
    }
}

extension SpeechNetwork {
    /// What numbers are multiplied by before they are rounded to sixteen bits.
    enum Scale {
        /// Of the normalised features, up to ±16 deviations.
        static let features: Float = 2_048
        /// Of the dense layer's outputs, up to 32.
        static let dense: Float = 1_024
        /// Of the state, which is between -1 and 1.
        static let state: Float = 32_000
    }
}
