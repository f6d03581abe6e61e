/// The network that tells speech from everything else: 80 features a frame in, the logit of speech out.
///
/// A dense layer of 32 rectified units, a gated recurrent layer of 48 and one output; about 14,000 weights of eight
/// bits, see ``SpeechWeights``. Its memory of the call so far is 48 numbers.
struct SpeechNetwork: Sendable {
    static let inputs = 80
    static let dense = 32
    static let units = 48
    private static let columns = dense + units

    private let weights: SpeechWeights
    private var state = InlineArray<48, Float>(repeating: 0)

    init() { weights = SpeechWeights.shared }

    /// - Parameter features: ``inputs`` numbers.
    mutating func logit(of features: Span<Float>) -> Float {
        precondition(features.count == SpeechNetwork.inputs)
        // The dense layer's outputs, and behind them the state, whole and as the reset gate lets it through.
        var joined = InlineArray<80, Float>(repeating: 0)
        var gated = InlineArray<80, Float>(repeating: 0)
        for block in 0..<(SpeechNetwork.dense / 8) {
            let sum = SpeechNetwork.product(weights.dense.span, block, features, weights.denseBias.span)
            let value = larger(sum, Lanes())
            for lane in 0..<8 {
                joined[block * 8 + lane] = value[lane]
                gated[block * 8 + lane] = value[lane]
            }
        }
        for unit in 0..<SpeechNetwork.units { joined[SpeechNetwork.dense + unit] = state[unit] }
        return recur(joined, &gated)
    }

    private mutating func recur(_ joined: InlineArray<80, Float>, _ gated: inout InlineArray<80, Float>) -> Float {
        let blocks = SpeechNetwork.units / 8
        var update = InlineArray<6, Lanes>(repeating: Lanes())
        for block in 0..<blocks {
            update[block] = logistic(
                SpeechNetwork.product(weights.update.span, block, joined.span, weights.updateBias.span))
            let reset = logistic(
                SpeechNetwork.product(weights.reset.span, block, joined.span, weights.resetBias.span))
            for lane in 0..<8 {
                let unit = SpeechNetwork.dense + block * 8 + lane
                gated[unit] = joined[unit] * reset[lane]
            }
        }
        var logit = weights.outputBias
        for block in 0..<blocks {
            let candidate = hyperbolicTangent(
                SpeechNetwork.product(weights.candidate.span, block, gated.span, weights.candidateBias.span))
            for lane in 0..<8 {
                let unit = block * 8 + lane
                let z = update[block][lane]
                state[unit] = z * state[unit] + (1 - z) * candidate[lane]
                logit += weights.output[unit] * state[unit]
            }
        }
        return logit
    }

    /// Eight rows of a matrix, stored column by column in blocks of eight rows, times a vector, plus the bias.
    @inline(__always) private static func product(
        _ matrix: Span<Lanes>, _ block: Int, _ vector: Span<Float>, _ bias: Span<Lanes>
    ) -> Lanes {
        let columns = matrix.extracting((block * vector.count)..<((block + 1) * vector.count))
        var (even, odd) = (bias[block], Lanes())
        var index = 0
        while index + 1 < columns.count, index + 1 < vector.count {
            even += columns[index] * vector[index]
            odd += columns[index + 1] * vector[index + 1]
            index += 2
        }
        return even + odd
    }
}
