extension SpeechNetwork {
    /// Two blocks of eight rows of a matrix, stored column by column in blocks of eight rows, times a vector, plus the bias.
    ///
    /// Every row is summed in two sums, of its even and its odd columns. Two blocks at a time make four sums that do not wait
    /// for each other, as many as a processor adds while it waits for the first: the result of each row is the same as alone.
    ///
    /// - Parameter pair: which two blocks: 0 is the first two.
    @inline(__always) static func product(
        _ matrix: Span<Lanes>, pair: Int, _ vector: Span<Float>, _ bias: Span<Lanes>
    ) -> (Lanes, Lanes) {
        let count = vector.count
        let first = matrix.extracting((2 * pair * count)..<((2 * pair + 1) * count))
        let second = matrix.extracting(((2 * pair + 1) * count)..<((2 * pair + 2) * count))
        precondition(first.count == count && second.count == count, "a block has a column for each number")
        var (even, odd) = (bias[2 * pair], Lanes())
        var (secondEven, secondOdd) = (bias[2 * pair + 1], Lanes())
        var index = 0
        while index &+ 1 < count {
            let (left, right) = (vector[index], vector[index &+ 1])
            even += first[index] * left
            odd += first[index &+ 1] * right
            secondEven += second[index] * left
            secondOdd += second[index &+ 1] * right
            index &+= 2
        }
        return (even + odd, secondEven + secondOdd)
    }
}
