import AudioFiles
package import CallFlow
import DSP
import Foundation
import FrontEnd
package import Telephony

/// Gives prompts as audio: files of the agent folder, and text spoken once and kept by its content.
///
/// Kept in memory up to a limit, and as WAV files in a folder when there is one. Text with something of a caller in it
/// is kept nowhere.
package actor PromptLibrary {
    private let agentFolder: String
    private let cacheFolder: String?
    private let limitInSamples: Int
    private var kept: [String: PCMAudio] = [:]
    /// The keys of ``kept``, the least recently used first.
    private var order: [String] = []
    private var keptSamples = 0
    /// Texts that were spoken because they were not kept.
    package private(set) var spokenTexts = 0

    /// - Parameters:
    ///   - agentFolder: where audio files of prompts lie.
    ///   - cacheFolder: where spoken text is kept between runs; nowhere when `nil`.
    ///   - memoryLimit: octets of audio kept in memory.
    package init(agentFolder: String, cacheFolder: String? = nil, memoryLimit: Int = 64 << 20) {
        self.agentFolder = agentFolder
        self.cacheFolder = cacheFolder
        limitInSamples = memoryLimit / 2
    }

    /// The audio of a prompt.
    ///
    /// - Throws: ``SpeechError`` or `AudioFileError`.
    package func audio(for source: PromptSource, sampleRate: Int) throws -> PCMAudio {
        switch source {
        case .silence(let milliseconds):
            return PCMAudio(
                sampleRate: sampleRate, samples: [Int16](repeating: 0, count: sampleRate * milliseconds / 1_000))
        case .audioFile(let path):
            return try file((agentFolder as NSString).appendingPathComponent(path), sampleRate)
        case .serviceFile(let path): return try file(path, sampleRate)
        case .text(let text):
            let voice = Synthesizer.Voice(rawValue: text.voice) ?? .kal16
            if text.isPrivate || text.isSensitive {
                return try Synthesizer.speak(text.text, voice: voice, prosody: text.prosody).resampled(to: sampleRate)
            }
            let prosody = text.prosody
            let style =
                prosody.isNeutral ? "" : " rate \(prosody.rate) pitch \(prosody.pitch) gain \(prosody.gainInDecibels)"
            let name = PromptLibrary.digest("flite-2.2 \(voice.rawValue)\(style) \(text.text)")
            return try keep("text \(sampleRate) \(name)") {
                try spoken(text, voice, name: name).resampled(to: sampleRate)
            }
        }
    }

    private func file(_ path: String, _ sampleRate: Int) throws -> PCMAudio {
        try keep("file \(sampleRate) \(path)") { try AudioFile.read(path).caller.resampled(to: sampleRate) }
    }

    /// A name for a text by its content: two FNV-1a hashes of 64 bits from different origins. Texts come from the
    /// agent's author, not from an attacker.
    private static func digest(_ text: String) -> String {
        var hashes: (UInt64, UInt64) = (0xCBF2_9CE4_8422_2325, 0x9E37_79B9_7F4A_7C15)
        for octet in text.utf8 {
            hashes.0 = (hashes.0 ^ UInt64(octet)) &* 0x100_0000_01B3
            hashes.1 = (hashes.1 ^ UInt64(octet)) &* 0x100_0000_01B3
        }
        return String(format: "%016lx%016lx", hashes.0, hashes.1)
    }

    private func keep(_ key: String, _ make: () throws -> PCMAudio) rethrows -> PCMAudio {
        if let audio = kept[key] {
            if let index = order.firstIndex(of: key) { order.append(order.remove(at: index)) }
            return audio
        }
        let audio = try make().measuredForEcho().encodedInBothLaws()
        kept[key] = audio
        order.append(key)
        keptSamples += audio.samples.count
        while keptSamples > limitInSamples, order.count > 1 {
            keptSamples -= kept.removeValue(forKey: order.removeFirst())?.samples.count ?? 0
        }
        return audio
    }

    private func spoken(_ text: SpokenText, _ voice: Synthesizer.Voice, name: String) throws -> PCMAudio {
        let path = cacheFolder.map { ($0 as NSString).appendingPathComponent(name + ".wav") }
        if let path, let audio = try? AudioFile.read(path).caller { return audio }
        let audio = try Synthesizer.speak(text.text, voice: voice, prosody: text.prosody)
        spokenTexts += 1
        if let path, let cacheFolder { write(audio, to: path, in: cacheFolder) }
        return audio
    }

    /// A cache that cannot be written is no cache: the call goes on without it.
    private func write(_ audio: PCMAudio, to path: String, in folder: String) {
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        guard let writer = try? AudioFileWriter(path: path, sampleRate: audio.sampleRate, channelCount: 1) else {
            return
        }
        guard (try? writer.write([audio.samples])) != nil else { return }
        try? writer.finish()
    }
}
