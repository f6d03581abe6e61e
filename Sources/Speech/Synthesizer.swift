import CFlite
package import CallFlow
import Foundation
package import Telephony

/// Speaks text by flite: embedded, one text at a time, and a text has the same samples every time.
///
/// The library keeps state of its own while it speaks, so that all its users share one lock.
package enum Synthesizer {
    /// The voices that come with the library.
    package enum Voice: String, Sendable, CaseIterable {
        /// A man, by diphones at 16 kHz.
        case kal16
        case awb
        case rms
        /// A woman.
        case slt
    }

    /// The longest text, in characters.
    package static let longestText = 10_000

    /// A text's audio at the voice's own sample rate, as fast, high and loud as `prosody` says; 20 ms of silence for a text without words.
    ///
    /// - Throws: ``SpeechError`` when the text is too long or the library fails.
    package static func speak(
        _ text: String, voice: Voice = .kal16, prosody: Prosody = Prosody()
    ) throws(SpeechError) -> PCMAudio {
        guard text.count <= longestText else {
            throw SpeechError("a text of \(text.count) characters is too long to be spoken at once; split it")
        }
        guard text.contains(where: { $0.isLetter || $0.isNumber }) else {
            return PCMAudio(sampleRate: 16_000, samples: [Int16](repeating: 0, count: 320))
        }
        lock.lock()
        defer { lock.unlock() }
        guard let handle = handle(of: voice) else {
            throw SpeechError("flite cannot speak with the voice \(voice.rawValue)")
        }
        let pace = get_param_float(handle.pointee.features, "duration_stretch", 1)
        let pitch = get_param_float(handle.pointee.features, "int_f0_target_mean", 100)
        if prosody.rate != 1 || prosody.pitch != 1 {
            flite_feat_set_float(handle.pointee.features, "duration_stretch", pace / Float(prosody.rate))
            flite_feat_set_float(handle.pointee.features, "int_f0_target_mean", pitch * Float(prosody.pitch))
        }
        // All voices but one draw noise from the C library's generator: from its beginning, whatever was said before.
        srand(1)
        let made = flite_text_to_wave(text, handle)
        if prosody.rate != 1 || prosody.pitch != 1 {
            flite_feat_set_float(handle.pointee.features, "duration_stretch", pace)
            flite_feat_set_float(handle.pointee.features, "int_f0_target_mean", pitch)
        }
        guard let wave = made else {
            throw SpeechError("flite cannot speak with the voice \(voice.rawValue)")
        }
        defer { delete_wave(wave) }
        let count = Int(wave.pointee.num_samples)
        var samples = [Int16](UnsafeBufferPointer(start: wave.pointee.samples, count: count))
        if prosody.gainInDecibels != 0 {
            let gain = Float(pow(10, prosody.gainInDecibels / 20))
            for index in samples.indices {
                samples[index] = Int16(max(-32_768, min(32_767, Float(samples[index]) * gain)))
            }
        }
        return PCMAudio(sampleRate: Int(wave.pointee.sample_rate), samples: samples)
    }

    private static let lock = NSLock()
    /// Guarded by ``lock``.
    nonisolated(unsafe) private static var handles: [Voice: UnsafeMutablePointer<cst_voice>] = [:]
    nonisolated(unsafe) private static var isStarted = false

    private static func handle(of voice: Voice) -> UnsafeMutablePointer<cst_voice>? {
        if !isStarted {
            flite_init()
            isStarted = true
        }
        if let known = handles[voice] { return known }
        let handle =
            switch voice {
            case .kal16: register_cmu_us_kal16(nil)
            case .awb: register_cmu_us_awb(nil)
            case .rms: register_cmu_us_rms(nil)
            case .slt: register_cmu_us_slt(nil)
            }
        handles[voice] = handle
        return handle
    }
}

/// Why there is no audio for a prompt.
package struct SpeechError: Error, CustomStringConvertible, Sendable {
    package let description: String
    package init(_ description: String) { self.description = description }
}
