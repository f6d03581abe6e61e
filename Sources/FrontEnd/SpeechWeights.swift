/// The weights of ``SpeechNetwork``, unpacked from ``TrainedSpeechWeights``.
struct SpeechWeights: Sendable {
    /// Unpacked once; every detector holds the same arrays.
    static let shared = SpeechWeights()

    /// Of the features, eight at a time.
    let mean: [Lanes]
    let inverseDeviation: [Lanes]
    let dense: SpeechMatrix
    let update: SpeechMatrix
    let reset: SpeechMatrix
    let candidate: SpeechMatrix
    let output: [Lanes]
    let outputBias: Float

    private init() {
        typealias Trained = TrainedSpeechWeights
        typealias Scale = SpeechNetwork.Scale
        var reader = Reader()
        let (inputs, units, hidden) = (SpeechNetwork.inputs, SpeechNetwork.units, SpeechNetwork.dense)
        mean = SpeechMatrix.lanes(Trained.mean)
        inverseDeviation = SpeechMatrix.lanes(Trained.deviation.map { 1 / $0 })
        let first = reader.matrix(rows: hidden, columns: inputs)
        dense = SpeechMatrix(
            first.weights, columns: inputs, scales: first.scales, biases: Trained.denseBias, scale: Scale.features)
        func gate(_ biases: [Float]) -> SpeechMatrix {
            let matrix = reader.matrix(rows: units, columns: hidden + units)
            return SpeechMatrix(
                matrix.weights, columns: hidden + units, scales: matrix.scales, biases: biases, scale: Scale.dense,
                furtherScale: Scale.state)
        }
        update = gate(Trained.updateBias)
        reset = gate(Trained.resetBias)
        candidate = gate(Trained.candidateBias)
        let last = reader.matrix(rows: 1, columns: units)
        output = SpeechMatrix.lanes(last.weights.map { Float($0) * last.scales[0] })
        outputBias = Trained.outputBias
    }

    /// Reads rows of eight-bit numbers out of base64 (RFC 4648), each row with its scale.
    private struct Reader {
        private let numbers: [Int8]
        private var position = 0
        private var row = 0

        init() {
            var bytes: [Int8] = []
            var (bits, count) = (UInt32(0), 0)
            TrainedSpeechWeights.packed.withUTF8Buffer { text in
                for character in text {
                    guard let six = Reader.value(character) else { continue }
                    bits = bits << 6 | six
                    count += 6
                    guard count >= 8 else { continue }
                    count -= 8
                    bytes.append(Int8(truncatingIfNeeded: bits >> UInt32(count)))
                }
            }
            numbers = bytes
        }

        private static func value(_ character: UInt8) -> UInt32? {
            switch character {
            case 65...90: UInt32(character) - 65
            case 97...122: UInt32(character) - 71
            case 48...57: UInt32(character) + 4
            case 43: 62
            case 47: 63
            default: nil
            }
        }

        /// Row after row, and the scale of each.
        mutating func matrix(rows: Int, columns: Int) -> (weights: [Int8], scales: [Float]) {
            defer {
                position += rows * columns
                row += rows
            }
            return (
                Array(numbers[position..<(position + rows * columns)]),
                Array(TrainedSpeechWeights.scales[row..<(row + rows)])
            )
        }
    }
}
