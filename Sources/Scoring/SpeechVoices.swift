import DSP
import Foundation
import Speech
import Telephony

/// Sentences of flite's voices at 8 kHz.
package struct SpeechVoices: Sendable {
    /// The sentences of one voice, with full scale 1.
    package let voices: [[[Double]]]
    package let names: [String]

    private static let sentences = [
        "I would like to speak to somebody about my last bill.", "No, that's not what I meant.", "Yes, please.",
        "Six four one, nine zero two, double eight.", "Could you move my appointment to Friday morning?",
        "My washing machine has stopped in the middle of a cycle.", "Hold on, I have to look for the number.",
        "It was delivered to the wrong house again.",
    ]

    /// - Throws: ``SpeechError`` or ``CodecError``.
    package init() throws {
        var voices: [[[Double]]] = []
        var names: [String] = []
        for voice in Synthesizer.Voice.allCases {
            voices.append(
                try SpeechVoices.sentences.map {
                    SpeechVoices.numbers(try Synthesizer.speak($0, voice: voice).resampled(to: 8_000).samples)
                })
            names.append(voice.rawValue)
        }
        self.voices = voices
        self.names = names
    }

    /// A sentence of a voice.
    func sentence(_ index: Int, of voice: Int) -> [Double] {
        let sentences = voices[voice % voices.count]
        return sentences[index % sentences.count]
    }

    private static func numbers(_ samples: [Int16]) -> [Double] { samples.map { Double($0) / 32_768 } }
}
