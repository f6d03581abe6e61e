/// The mix of a conference: each party hears all the others.
///
/// All frames are summed once in 32 bits; what a party hears is the sum less its own frame. Saturates only then, so the
/// order of parties does not matter.
package struct MixMinus: Sendable {
    private var sum: [Int32]

    /// - Parameter frameLength: samples of a frame.
    package init(frameLength: Int) { sum = [Int32](repeating: 0, count: max(0, frameLength)) }

    /// Begins a frame.
    package mutating func begin() {
        for index in 0..<sum.count { sum[index] = 0 }
    }

    /// Adds what a party says.
    package mutating func add(_ frame: Span<Int16>) {
        var target = sum.mutableSpan
        for index in 0..<min(target.count, frame.count) { target[index] &+= Int32(frame[index]) }
    }

    /// What a party hears: the sum without `own`, which has to have been added.
    package func output(without own: Span<Int16>, into frame: inout MutableSpan<Int16>) {
        let source = sum.span
        let shared = min(source.count, frame.count, own.count)
        for index in 0..<shared { frame[index] = Int16(clamping: source[index] &- Int32(own[index])) }
        for index in shared..<max(shared, min(source.count, frame.count)) {
            frame[index] = Int16(clamping: source[index])
        }
    }

    /// What everybody says, for who says nothing.
    package func output(into frame: inout MutableSpan<Int16>) {
        let source = sum.span
        for index in 0..<min(source.count, frame.count) { frame[index] = Int16(clamping: source[index]) }
    }
}
