import Telephony
import Testing

@testable import FrontEnd

@Suite("SpectrumWindow")
struct SpectrumWindowTests {
    private static func lanes(_ spectrum: SpeechSpectrum) -> [Lanes] {
        spectrum.earlier.indices.flatMap { [spectrum.earlier[$0], spectrum.later[$0]] }
    }

    @Test("digital silence has the spectra that the transform gives of it, to the bit")
    func silence() {
        let zeros = [Float](repeating: 0, count: SpectrumWindow.length)
        let known = SpectrumWindowTests.lanes(SpeechSpectrum())
        var spectrum = SpeechSpectrum()
        spectrum.analyse(zeros.span)
        let computed = SpectrumWindowTests.lanes(spectrum)
        for (one, other) in zip(known, computed) {
            for lane in 0..<8 { #expect(one[lane].bitPattern == other[lane].bitPattern) }
        }
    }

    @Test("a window is the frame and the 22 ms before it, and silence only when all of it is")
    func window() {
        var generator = SeededGenerator(seed: 4)
        let audio = (0..<10).flatMap { frame in
            (0..<160).map { _ in frame % 5 < 3 ? Int16(truncatingIfNeeded: Int(generator.next() % 2_001)) - 1_000 : 0 }
        }
        var window = SpectrumWindow()
        for frame in 0..<10 {
            let end = (frame + 1) * 160
            var given = [Float](repeating: 0, count: SpectrumWindow.length)
            var room = given.mutableSpan
            let isAudible = window.take(audio.span.extracting((end - 160)..<end), into: &room)
            let expected = (end - SpectrumWindow.length..<end).map { $0 < 0 ? 0 : Float(audio[$0]) / 32_768 }
            guard isAudible else {
                #expect(expected.allSatisfy { $0 == 0 }, "frame \(frame)")
                continue
            }
            for index in expected.indices { #expect(given[index] == expected[index], "frame \(frame)") }
        }
    }

    private func isSilent(_ frame: [Int16], _ window: inout SpectrumWindow) -> Bool {
        var room = [Float](repeating: 0, count: SpectrumWindow.length)
        var span = room.mutableSpan
        return !window.take(frame.span, into: &span)
    }

    @Test("silence is known for silence once it has filled the window")
    func quiet() {
        var window = SpectrumWindow()
        let (silence, noise) = ([Int16](repeating: 0, count: 160), [Int16](repeating: 7, count: 160))
        #expect(isSilent(silence, &window))
        #expect(!isSilent(noise, &window))
        #expect(!isSilent(silence, &window))
        #expect(!isSilent(silence, &window))
        #expect(isSilent(silence, &window))
    }
}
