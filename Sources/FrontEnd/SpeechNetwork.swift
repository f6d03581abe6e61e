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
        var whole = joined.mutableSpan
        var passed = gated.mutableSpan
        for pair in 0..<(SpeechNetwork.dense / 16) {
            let sums = SpeechNetwork.product(weights.dense.span, pair: pair, features, weights.denseBias.span)
            let (first, second) = (larger(sums.0, Lanes()), larger(sums.1, Lanes()))
            SpeechNetwork.put(first, second, into: &whole, at: pair * 16)
            SpeechNetwork.put(first, second, into: &passed, at: pair * 16)
        }
        for unit in 0..<SpeechNetwork.units { whole[SpeechNetwork.dense + unit] = state[unit] }
        return recur(whole.span, &passed)
    }

    private mutating func recur(_ joined: Span<Float>, _ gated: inout MutableSpan<Float>) -> Float {
        let pairs = SpeechNetwork.units / 16
        var update = InlineArray<6, Lanes>(repeating: Lanes())
        for pair in 0..<pairs {
            let updates = SpeechNetwork.product(weights.update.span, pair: pair, joined, weights.updateBias.span)
            update[2 * pair] = logistic(updates.0)
            update[2 * pair + 1] = logistic(updates.1)
            let resets = SpeechNetwork.product(weights.reset.span, pair: pair, joined, weights.resetBias.span)
            SpeechNetwork.put(logistic(resets.0), logistic(resets.1), into: &gated, at: SpeechNetwork.dense + pair * 16)
        }
        for unit in SpeechNetwork.dense..<SpeechNetwork.columns { gated[unit] = joined[unit] * gated[unit] }
        var next = state
        var units = next.mutableSpan
        var logit = weights.outputBias
        for pair in 0..<pairs {
            let sums = SpeechNetwork.product(
                weights.candidate.span, pair: pair, gated.span, weights.candidateBias.span)
            SpeechNetwork.follow(
                &units, 2 * pair, update[2 * pair], hyperbolicTangent(sums.0), weights.output.span, &logit)
            SpeechNetwork.follow(
                &units, 2 * pair + 1, update[2 * pair + 1], hyperbolicTangent(sums.1), weights.output.span, &logit)
        }
        state = next
        return logit
    }

    /// Moves eight units of the state towards their candidates, and adds them to the output.
    @inline(__always)
    private static func follow(
        _ units: inout MutableSpan<Float>, _ block: Int, _ update: Lanes, _ candidate: Lanes, _ output: Span<Float>,
        _ logit: inout Float
    ) {
        for lane in 0..<8 {
            let unit = block * 8 + lane
            let z = update[lane]
            units[unit] = z * units[unit] + (1 - z) * candidate[lane]
            logit += output[unit] * units[unit]
        }
    }

    @inline(__always)
    private static func put(_ first: Lanes, _ second: Lanes, into numbers: inout MutableSpan<Float>, at base: Int) {
        for lane in 0..<8 {
            numbers[base + lane] = first[lane]
            numbers[base + 8 + lane] = second[lane]
        }
    }
}
