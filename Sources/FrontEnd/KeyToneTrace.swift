/// What the blocks of a bank say of a key, without a look at the samples: good to some 2 ms and a few hertz.
struct KeyToneTrace: Sendable {
    /// When both tones began and ended, in samples before the end of the last block.
    var start: Float
    var end: Float
    /// By how much the tones are off, in radians a sample.
    var lowOffset: Float
    var highOffset: Float
    /// They have gone, or are going.
    var isOver: Bool

    var length: Float { start - end }
    /// When the first of the tones began and the last ended: of a key whose tones a codec did not make at the same time.
    var firstStart: Float
    var lastEnd: Float

    /// The blocks that a trace goes back at most.
    static let longest = 12

    /// Follows a key back by so many blocks.
    init(_ bank: borrowing KeyToneBank, row: Int, column: Int, blocks: Int) {
        let low = ToneTrace(bank, lane: row, blocks: blocks)
        let high = ToneTrace(bank, lane: column + 4, blocks: blocks)
        start = min(low.start, high.start)
        end = max(low.end, high.end)
        firstStart = max(low.start, high.start)
        lastEnd = min(low.end, high.end)
        lowOffset = low.offset
        highOffset = high.offset
        isOver = low.isOver || high.isOver
    }
}

/// The same of one tone.
private struct ToneTrace {
    var start: Float = 0
    var end: Float = 0
    var offset: Float = 0
    var isOver = true

    /// The correlations of the blocks, newest first, each averaged with its neighbours so that the other group's tone does
    /// not disturb them.
    private var values = InlineArray<12, SIMD2<Float>>(repeating: SIMD2<Float>())
    private var powers = InlineArray<12, Float>(repeating: 0)

    /// Power of a block, as a share of the loudest one's, that still belongs to the tone.
    private static let edge: Float = 0.03
    /// Power of the last block of a tone that goes on.
    private static let sounding: Float = 0.25

    init(_ bank: borrowing KeyToneBank, lane: Int, blocks: Int) {
        let count = max(1, min(blocks, KeyToneTrace.longest))
        let loudest = average(bank, lane, count)
        let largest = powers[loudest]
        guard largest > 0 else { return }
        isOver = powers[0] < ToneTrace.sounding * largest
        follow(from: loudest, count, ToneTrace.edge * largest)
    }

    /// Returns the loudest block.
    private mutating func average(_ bank: borrowing KeyToneBank, _ lane: Int, _ count: Int) -> Int {
        let (real, imaginary) = (bank.real.span, bank.imaginary.span)
        var values = values.mutableSpan
        var powers = powers.mutableSpan
        var newer = SIMD2<Float>(real[bank.place(0)][lane], imaginary[bank.place(0)][lane])
        var middle = newer
        var loudest = 0
        for age in 0..<count {
            let place = bank.place(age &+ 1)
            let older = SIMD2<Float>(real[place][lane], imaginary[place][lane])
            let sum = newer + older + middle + middle
            (newer, middle) = (middle, older)
            values[age] = sum
            powers[age] = sum[0] * sum[0] + sum[1] * sum[1]
            if powers[age] > powers[loudest] { loudest = age }
        }
        return loudest
    }

    /// Adds up how much of each block is the tone, and by how much the phase turns from block to block.
    private mutating func follow(from loudest: Int, _ count: Int, _ least: Float) {
        let (values, powers) = (values.span, powers.span)
        let scale = 1 / powers[loudest]
        var turn = SIMD2<Float>()
        var newer: Float = 0
        var older: Float = 0
        var age = loudest
        while age > 0, powers[age &- 1] >= least {
            newer += min(1, (powers[age &- 1] * scale).squareRoot())
            turn += ToneTrace.turn(from: values[age], to: values[age &- 1])
            age &-= 1
        }
        age = loudest
        while age &+ 1 < count, powers[age &+ 1] >= least {
            older += min(1, (powers[age &+ 1] * scale).squareRoot())
            turn += ToneTrace.turn(from: values[age &+ 1], to: values[age])
            age &+= 1
        }
        let block = Float(KeyToneBank.block)
        end = block * (Float(loudest) - newer)
        start = block * (Float(loudest) + 1 + older)
        offset = ToneTrace.angle(turn) / block
    }

    @inline(__always)
    private static func turn(from a: SIMD2<Float>, to b: SIMD2<Float>) -> SIMD2<Float> {
        SIMD2(a[0] * b[0] + a[1] * b[1], a[0] * b[1] - a[1] * b[0])
    }

    /// The angle of a complex number in radians, good to a hundredth of it up to a right angle; beyond that a right angle or
    /// more.
    private static func angle(_ value: SIMD2<Float>) -> Float {
        let (x, y) = (value[0], abs(value[1]))
        let angle: Float
        if x <= 0 {
            angle = 1.6
        } else if y <= x {
            angle = tangentsAngle(y / x)
        } else {
            angle = 1.570_796 - tangentsAngle(x / y)
        }
        return value[1] < 0 ? -angle : angle
    }

    private static func tangentsAngle(_ z: Float) -> Float { z * (15 + 4 * z * z) / (15 + 9 * z * z) }
}
