/// The samples at which the two spectra of a frame look: the frame and the 22 ms before it.
struct SpectrumWindow: Sendable {
    static let length = 336
    private static let frame = 160
    private static let before = SpectrumWindow.length - SpectrumWindow.frame
    /// Frames in a row after which nothing but them is in the window.
    static let framesOfWindow = 3

    private var past = InlineArray<176, Int16>(repeating: 0)
    private var silentFrames = SpectrumWindow.framesOfWindow

    /// Takes a frame of 160 samples at 8 kHz.
    ///
    /// - Parameter window: room for ``length`` numbers: the whole window, full scale as 1.
    /// - Returns: whether there is more in it than digital silence, whose spectra are known; `window` is left alone when not.
    mutating func take(_ frame: Span<Int16>, into window: inout MutableSpan<Float>) -> Bool {
        let isSilent = SpectrumWindow.isSilent(frame) && silentFrames >= SpectrumWindow.framesOfWindow - 1
        if !isSilent {
            precondition(window.count == SpectrumWindow.length && frame.count == SpectrumWindow.frame, "a whole window")
            let kept = past.span
            for index in 0..<SpectrumWindow.before { window[index] = Float(kept[index]) * (1 / 32_768) }
            for index in 0..<SpectrumWindow.frame {
                window[SpectrumWindow.before &+ index] = Float(frame[index]) * (1 / 32_768)
            }
        }
        remember(frame)
        return !isSilent
    }

    /// Takes a frame of which the spectra are known.
    mutating func remember(_ frame: Span<Int16>) {
        precondition(frame.count == SpectrumWindow.frame, "a frame has 160 samples")
        silentFrames = SpectrumWindow.isSilent(frame) ? min(silentFrames + 1, SpectrumWindow.framesOfWindow) : 0
        var kept = past.mutableSpan
        let older = SpectrumWindow.before - SpectrumWindow.frame
        for index in 0..<older { kept[index] = kept[SpectrumWindow.frame &+ index] }
        for index in 0..<SpectrumWindow.frame { kept[older &+ index] = frame[index] }
    }

    private static func isSilent(_ frame: Span<Int16>) -> Bool {
        var bits: Int16 = 0
        for index in 0..<frame.count { bits |= frame[index] }
        return bits == 0
    }
}
