/// The weights of ``SpeechNetwork``, unpacked from ``TrainedSpeechWeights``.
///
/// A matrix is stored in blocks of eight rows, column by column: lane l of element `block * columns + column` belongs to
/// row `block * 8 + l`.
struct SpeechWeights: Sendable {
    /// Unpacked once; every detector holds the same arrays.
    static let shared = SpeechWeights()

    let dense: [Lanes]
    let update: [Lanes]
    let reset: [Lanes]
    let candidate: [Lanes]
    let output: [Float]
    let denseBias: [Lanes]
    let updateBias: [Lanes]
    let resetBias: [Lanes]
    let candidateBias: [Lanes]
    let outputBias: Float

    private init() {
        typealias Trained = TrainedSpeechWeights
        var reader = Reader()
        let (inputs, units, hidden) = (SpeechNetwork.inputs, SpeechNetwork.units, SpeechNetwork.dense)
        var first = reader.matrix(rows: hidden, columns: inputs)
        // The features are normalised by the weights.
        var bias = Trained.denseBias
        for row in 0..<hidden {
            for column in 0..<inputs {
                first[row * inputs + column] /= Trained.deviation[column]
                bias[row] -= first[row * inputs + column] * Trained.mean[column]
            }
        }
        dense = SpeechWeights.blocks(first, columns: inputs)
        update = SpeechWeights.blocks(reader.matrix(rows: units, columns: hidden + units), columns: hidden + units)
        reset = SpeechWeights.blocks(reader.matrix(rows: units, columns: hidden + units), columns: hidden + units)
        candidate = SpeechWeights.blocks(reader.matrix(rows: units, columns: hidden + units), columns: hidden + units)
        output = reader.matrix(rows: 1, columns: units)
        denseBias = SpeechWeights.blocks(bias, columns: 1)
        updateBias = SpeechWeights.blocks(Trained.updateBias, columns: 1)
        resetBias = SpeechWeights.blocks(Trained.resetBias, columns: 1)
        candidateBias = SpeechWeights.blocks(Trained.candidateBias, columns: 1)
        outputBias = Trained.outputBias
    }

    private static func blocks(_ matrix: [Float], columns: Int) -> [Lanes] {
        (0..<(matrix.count / 8)).map { index in
            var lanes = Lanes()
            let (block, column) = (index / columns, index % columns)
            for lane in 0..<8 { lanes[lane] = matrix[(block * 8 + lane) * columns + column] }
            return lanes
        }
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

        mutating func matrix(rows: Int, columns: Int) -> [Float] {
            var values: [Float] = []
            values.reserveCapacity(rows * columns)
            for _ in 0..<rows {
                let scale = TrainedSpeechWeights.scales[row]
                row += 1
                for _ in 0..<columns {
                    values.append(Float(numbers[position]) * scale)
                    position += 1
                }
            }
            return values
        }
    }
}
