import CVector

/// A matrix of ``SpeechNetwork`` with its biases, for vectors of whole numbers.
///
/// Sums of whole numbers are exact: it does not matter in which order, or how many at a time, a processor makes them.
struct SpeechMatrix: Sendable {
    /// Those of eight rows and two columns, or the same two for all rows.
    typealias Pairs = SIMD16<Int16>

    /// Two blocks of eight rows after two; of them the columns, two by two, of each two the first block's and the second's.
    private let weights: [Pairs]
    private let columns: Int
    /// What the sum over the first columns, and that over those behind them, is multiplied by: eight rows each.
    private let scales: [Lanes]
    private let furtherScales: [Lanes]
    private let biases: [Lanes]

    /// - Parameters:
    ///   - weights: of eight bits, row after row; there are a multiple of 16 rows.
    ///   - columns: of a row, an even number.
    ///   - scales: what a row's weights are multiplied by.
    ///   - scale: of the vector, see ``SpeechNetwork/Scale``.
    ///   - furtherScale: of the vector that the columns behind those of the first vector belong to.
    init(_ weights: [Int8], columns: Int, scales: [Float], biases: [Float], scale: Float, furtherScale: Float = 1) {
        self.columns = columns
        self.weights = (0..<(weights.count / 16)).map { index in
            let (block, column) = (index / columns * 2 + index % 2, index % columns / 2 * 2)
            var pairs = Pairs()
            for lane in 0..<16 {
                pairs[lane] = Int16(weights[(block * 8 + lane / 2) * columns + column + lane % 2])
            }
            return pairs
        }
        self.scales = SpeechMatrix.lanes(scales.map { $0 / scale })
        furtherScales = SpeechMatrix.lanes(scales.map { $0 / furtherScale })
        self.biases = SpeechMatrix.lanes(biases)
    }

    static func lanes(_ numbers: [Float]) -> [Lanes] {
        (0..<(numbers.count / 8)).map { block in
            var lanes = Lanes()
            for lane in 0..<8 { lanes[lane] = numbers[block * 8 + lane] }
            return lanes
        }
    }

    /// Eight numbers as whole ones, rounded to the nearest.
    @inline(__always) static func whole(_ numbers: Lanes, _ scale: Float) -> SIMD8<Int16> {
        let limit = Lanes(repeating: 32_767)
        let scaled = smaller(larger(numbers * scale, -limit), limit)
        // Adding 1.5·2²³ rounds to an integer.
        let bits = unsafeBitCast(scaled + Lanes(repeating: 12_582_912), to: SIMD8<Int32>.self)
        return parley_narrowed(bits &- 0x4B40_0000)
    }

    /// Two blocks of eight rows times a vector, and their biases.
    @inline(__always) func product(_ block: Int, _ vector: Span<Int16>) -> (Lanes, Lanes) {
        let sums = sums(block, from: 0, vector)
        return (
            parley_floating(sums.0) * scales[block] + biases[block],
            parley_floating(sums.1) * scales[block + 1] + biases[block + 1]
        )
    }

    /// Two blocks of eight rows times a vector and, behind it, another, and their biases.
    @inline(__always)
    func product(_ block: Int, _ vector: Span<Int16>, _ further: Span<Int16>) -> (Lanes, Lanes) {
        let (first, rest) = (product(block, vector), sums(block, from: vector.count, further))
        return (
            first.0 + parley_floating(rest.0) * furtherScales[block],
            first.1 + parley_floating(rest.1) * furtherScales[block + 1]
        )
    }

    @inline(__always)
    private func sums(_ block: Int, from column: Int, _ vector: Span<Int16>) -> (SIMD8<Int32>, SIMD8<Int32>) {
        let count = vector.count / 2
        let begin = (column + block * (columns / 2)) * MemoryLayout<Pairs>.stride
        var (a, b) = (SIMD8<Int32>(), SIMD8<Int32>())
        vector.withUnsafeBytes { numbers in
            weights.span.withUnsafeBytes { weights in
                precondition(begin + count * 64 <= weights.count, "a matrix has as many columns as its vectors numbers")
                for pair in 0..<count {
                    let two = numbers.loadUnaligned(fromByteOffset: pair &* 4, as: Int32.self)
                    let both = unsafeBitCast(SIMD8<Int32>(repeating: two), to: Pairs.self)
                    let place = begin &+ pair &* 64
                    let (first, second) = (
                        weights.loadUnaligned(fromByteOffset: place, as: Pairs.self),
                        weights.loadUnaligned(fromByteOffset: place &+ 32, as: Pairs.self)
                    )
                    a &+= parley_products_of_pairs(first, both)
                    b &+= parley_products_of_pairs(second, both)
                }
            }
        }
        return (a, b)
    }
}
