package import Telephony

/// Where in audio that many calls play a frame is.
package struct PromptPlace: Sendable {
    package let audio: PCMAudio
    /// Its first sample.
    package let position: Int

    package init(audio: PCMAudio, position: Int) {
        self.audio = audio
        self.position = position
    }

    /// What is known of the frame.
    ///
    /// - Parameter last: where the frame before was.
    func measured(after last: PromptPlace?) -> MeasuredFrame? {
        let frame = position / 160
        guard position.isMultiple(of: 160), frame < audio.regionEnergies.count else { return nil }
        let follows = last.map { $0.audio === audio && $0.position + 160 == position } ?? false
        return MeasuredFrame(energies: audio.regionEnergies[frame], follows: follows)
    }
}
