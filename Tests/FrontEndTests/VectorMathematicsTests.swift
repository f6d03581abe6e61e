import Telephony
import Testing

@testable import FrontEnd

@Suite("VectorMathematics")
struct VectorMathematicsTests {
    private static func eight(_ generator: inout SeededGenerator) -> EightLanes {
        func row() -> Lanes {
            var lanes = Lanes()
            for lane in 0..<8 { lanes[lane] = Float(Int(generator.next() % 20_001)) / 7 - 1_400 }
            return lanes
        }
        return EightLanes(row(), row(), row(), row(), row(), row(), row(), row())
    }

    private static func rows(_ x: EightLanes) -> [Lanes] { [x.a, x.b, x.c, x.d, x.e, x.f, x.g, x.h] }

    @Test("rows become columns")
    func transposition() {
        var generator = SeededGenerator(seed: 1)
        let eight = VectorMathematicsTests.eight(&generator)
        let (rows, columns) = (VectorMathematicsTests.rows(eight), VectorMathematicsTests.rows(eight.transposed()))
        for row in 0..<8 {
            for column in 0..<8 { #expect(columns[column][row] == rows[row][column], "row \(row), column \(column)") }
        }
    }

    @Test("the sums of eight vectors at once are to the bit the sum of each", arguments: 1...20)
    func totals(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let eight = VectorMathematicsTests.eight(&generator)
        let sums = FrontEnd.totals(eight)
        for (row, lanes) in VectorMathematicsTests.rows(eight).enumerated() {
            #expect(sums[row].bitPattern == total(lanes).bitPattern, "row \(row)")
        }
    }

    @Test("roots are those of each number, and a block is mirrored behind the first of the next")
    func others() {
        let numbers = Lanes(0, 1, 2, 3, 4, 5, 1e-30, 1e30)
        let roots = root(numbers)
        for lane in 0..<8 { #expect(roots[lane].bitPattern == numbers[lane].squareRoot().bitPattern) }
        #expect(mirrored(Lanes(0, 1, 2, 3, 4, 5, 6, 7), behind: Lanes(repeating: 9)) == Lanes(9, 7, 6, 5, 4, 3, 2, 1))
    }

    @Test("the spectra of both windows are those of the Fourier sum of their samples")
    func spectrum() {
        var generator = SeededGenerator(seed: 3)
        let samples = (0..<336).map { _ in Float(Int(generator.next() % 2_001)) / 1_000 - 1 }
        var spectrum = SpeechSpectrum()
        spectrum.analyse(samples.span)
        for (begin, powers) in [(0, spectrum.earlier), (80, spectrum.later)] {
            for bin in 0..<128 {
                let expected = Self.power(samples, from: begin, bin: bin)
                #expect(
                    abs(Double(powers[bin / 8][bin % 8]) - expected) < 1e-4 * (expected + 1), "bin \(bin) from \(begin)"
                )
            }
        }
    }

    /// Of 256 samples under a window that rises over 192 and falls over 64, by the definition.
    private static func power(_ samples: [Float], from begin: Int, bin: Int) -> Double {
        var (real, imaginary) = (0.0, 0.0)
        for index in 0..<256 {
            let n = Double(index) + 0.5
            let shape = n < 192 ? 0.5 - 0.5 * cosine(.pi * n / 192) : 0.5 + 0.5 * cosine(.pi * (n - 192) / 64)
            let value = Double(samples[begin + index]) * shape
            let angle = 2 * Double.pi * Double(index * bin % 256) / 256
            real += value * cosine(angle)
            imaginary -= value * sine(angle)
        }
        return real * real + imaginary * imaginary
    }
}
