import AudioFiles
import Foundation
import Records
import Replay
import Telephony

/// A recorded call in a vCon, as a test call: the caller's channel is said again, and the keys of its history are pressed
/// again at their time.
enum VConCall {
    static func isVCon(_ path: String) -> Bool { path.lowercased().hasSuffix(".vcon") }

    /// Reads a vCon.
    ///
    /// - Throws: ``RecordsError`` when there is no recording in it or beside it.
    static func read(_ path: String) throws -> TestCall {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandError(description: "\(path): there is no such file, or it cannot be read")
        }
        do {
            let document = try VCon(parsing: data)
            let recording = try document.recording(besides: (path as NSString).deletingLastPathComponent)
            return try call(
                document, recording, name: ((path as NSString).lastPathComponent as NSString).deletingPathExtension)
        } catch let error as RecordsError {
            throw CommandError(description: "\(path): \(error)")
        }
    }

    private static func call(
        _ document: VCon, _ recording: VCon.ReadRecording, name: String
    ) throws -> TestCall {
        let file = try AudioEncoding.decode(recording.data, name: name)
        let audio = file.channels[min(recording.callerChannel, file.channels.count - 1)]
        var call = TestCall(name: name)
        call.summary = document.subject ?? "The call of \(name).vcon"
        call.startsAt = recording.dialog.start
        let parties = recording.dialog.parties.flatMap { $0 }
        if let from = address(recording.caller, document) { call.from = from }
        if let to = parties.first(where: { $0 != recording.caller }).flatMap({ address($0, document) }) { call.to = to }
        call.limit = Interval(nanoseconds: Int64(audio.durationInSeconds * 1e9)) + .seconds(60)
        call.script = script(audio, keys(of: recording))
        return call
    }

    private static func address(_ index: Int, _ document: VCon) -> String? {
        guard document.parties.indices.contains(index) else { return nil }
        let party = document.parties[index]
        return party.tel.map { $0.hasPrefix("tel:") ? String($0.dropFirst(4)) : $0 } ?? party.sip
    }

    /// The caller's keys and when they went down, in samples' time; those that were secret are not in a vCon.
    private static func keys(of recording: VCon.ReadRecording) -> [(at: Interval, digit: Digit)] {
        recording.dialog.partyHistory.compactMap { event in
            guard event.event == .keydown, event.party == recording.caller,
                let digit = event.button.flatMap({ Digit($0) })
            else { return nil }
            let at = event.time.millisecondsSince1970 &- recording.dialog.start.millisecondsSince1970
            return at >= 0 ? (.milliseconds(min(at, 86_400_000)), digit) : nil
        }.sorted { $0.at < $1.at }
    }

    /// Length of a key in the replay: as short as every receiver takes it (ITU-T Q.24), so that little speech is lost.
    private static let keyLength = Interval.milliseconds(100)

    /// The caller's audio, cut where a key is pressed.
    private static func script(_ audio: PCMAudio, _ keys: [(at: Interval, digit: Digit)]) -> [CallerStep] {
        let rate = ClockRate(Int64(audio.sampleRate))
        var script: [CallerStep] = []
        var cursor = 0
        func speak(until end: Int) {
            guard end > cursor else { return }
            let piece = PCMAudio(sampleRate: audio.sampleRate, samples: Array(audio.samples[cursor..<end]))
            script.append(
                CallerStep(
                    trigger: script.isEmpty ? .at(.zero) : .after(.zero),
                    action: .speak(.init(audio: piece, words: "", confidence: 0))))
            cursor = end
        }
        for key in keys {
            let start = Int(rate.ticks(key.at))
            guard start >= cursor, start < audio.samples.count else { continue }
            speak(until: start)
            script.append(
                CallerStep(
                    trigger: script.isEmpty ? .at(.zero) : .after(.zero),
                    action: .press([key.digit], nil, duration: keyLength, gap: .zero)))
            cursor = min(audio.samples.count, start + Int(rate.ticks(keyLength)))
        }
        speak(until: audio.samples.count)
        script.append(CallerStep(trigger: .after(.zero), action: .hangUp))
        return script
    }
}
