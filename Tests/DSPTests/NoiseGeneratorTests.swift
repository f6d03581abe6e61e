import DSP
import Testing

@Suite("NoiseGenerator")
struct NoiseGeneratorTests {
    private static func noise(_ level: Float, _ reflections: [Float]) -> [Int16] {
        var generator = NoiseGenerator()
        var values = InlineArray<10, Float>(repeating: 0)
        for (index, value) in reflections.enumerated() { values[index] = value }
        generator.set(level: level, reflections: values, order: reflections.count)
        var samples = [Int16](repeating: 0, count: 16_000)
        var span = samples.mutableSpan
        generator.make(&span, at: 0, count: 16_000)
        return samples
    }

    private static func energy(_ samples: [Int16]) -> Double {
        samples.reduce(0) { $0 + Double($1) * Double($1) } / Double(samples.count)
    }

    @Test(
        "the level is kept, whatever the colour",
        arguments: [[], [0.5], [-0.8], [0.6, -0.3, 0.2], [-0.9, 0.5]] as [[Float]])
    func level(reflections: [Float]) {
        for level in [-30, -45, -60] as [Float] {
            let energy = NoiseGeneratorTests.energy(NoiseGeneratorTests.noise(level, reflections))
            let wanted = 32_768 * 32_768 * Level.power(level)
            #expect(energy > wanted * 0.7 && energy < wanted * 1.4, "\(level) dBov: \(energy) for \(wanted)")
        }
    }

    @Test("a negative first coefficient makes it dark, a positive one bright")
    func colour() {
        func firstLag(_ samples: [Int16]) -> Double {
            var sum = 0.0
            for index in 1..<samples.count { sum += Double(samples[index]) * Double(samples[index - 1]) }
            return sum / Double(samples.count) / NoiseGeneratorTests.energy(samples)
        }
        #expect(firstLag(NoiseGeneratorTests.noise(-30, [-0.8])) > 0.7)
        #expect(firstLag(NoiseGeneratorTests.noise(-30, [0.8])) < -0.7)
        #expect(abs(firstLag(NoiseGeneratorTests.noise(-30, []))) < 0.05)
    }
}

private enum Level {
    /// The share of full scale's power at a level in dBov.
    static func power(_ level: Float) -> Double {
        var power = 1.0
        for _ in 0..<Int(-level / 5) { power *= 0.316_227_766_016_838 }
        return power
    }
}
