import Foundation
import Records
import Telephony

/// Calls to keep, made of facts alone.
enum SampleRecords {
    static let start = WallTime(millisecondsSince1970: 1_772_443_800_000)

    static func events(
        _ call: CallID = "call-1", from: String = "+15550100", isAnswered: Bool = true,
        transfer: TransferOutcome? = nil, secret: String? = nil
    ) -> [CallEvent] {
        var events: [CallEvent] = []
        func add(_ seconds: Double, _ body: CallEventBody) {
            events.append(CallEvent(at: Interval(roundedSeconds: seconds), call: call, body: body))
        }
        add(0, .callStarted(.init(from: from, to: "+15550199", agent: "riverbend", codec: "PCMU", startedAt: start)))
        guard isAnswered else {
            add(4, .callEnded(.init(by: .caller, cause: .normalClearing, outcome: .abandoned, duration: 0)))
            return events
        }
        add(0, .callAnswered(.init(answeredAt: start + .seconds(2))))
        add(
            0.02,
            .promptStarted(
                .init(prompt: 1, topic: "Start", action: "greet", text: .open("Welcome."), isAudioFile: false)))
        add(1.5, .promptEnded(.init(prompt: 1, heard: 1.48, length: 1.48, reason: .completed)))
        add(2, .digit(.init(digit: .open("4"), source: .telephoneEvent, start: 1.9)))
        if let secret {
            for (index, digit) in secret.enumerated() {
                let text = DisclosableText(String(digit), isSensitive: true)
                add(
                    3 + Double(index) / 2,
                    .digit(.init(digit: text, source: .inBand, start: 3 + Double(index) / 2)))
            }
            add(9, .variableSet(.init(variable: "Topic.Pin", value: DisclosableText(secret, isSensitive: true))))
        }
        add(10, .variableSet(.init(variable: "Global.Reason", value: .open("\"billing\""))))
        add(12, .recognized(.init(text: .open("my bill"), confidence: 0.9, start: 10.5, end: 11.25)))
        if let transfer {
            add(
                13,
                .transferRequested(
                    .init(
                        topic: "Escalate", action: "hand-over", kind: .phoneNumber, target: .open("+15550123"),
                        message: .open("billing"), variables: [:], headers: [:])))
            add(15, .transferEnded(.init(outcome: transfer)))
        }
        add(
            20,
            .callEnded(
                .init(
                    by: .caller, cause: .normalClearing, outcome: transfer == .completed ? .escalated : .abandoned,
                    duration: 20)))
        return events
    }

    static func record(_ events: [CallEvent], recording: CallRecord.Recording? = nil) -> CallRecord {
        CallRecord(context: context(events), events: events, recordings: recording.map { [$0] } ?? [])
    }

    static func context(_ events: [CallEvent]) -> CallContext {
        var context = CallContext(call: events.first?.call ?? "none")
        for event in events { context.record(event) }
        return context
    }
}

/// A folder that is gone with the value.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "parley-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func callAsFunction(_ name: String) -> String { path + "/" + name }

    /// Every octet of every file, by name.
    var contents: [String: Data] {
        var contents: [String: Data] = [:]
        for name in FileManager.default.enumerator(atPath: path)?.compactMap({ $0 as? String }) ?? [] {
            contents[name] = FileManager.default.contents(atPath: path + "/" + name)
        }
        return contents
    }
}

/// Data that tests read beside the project.
enum SharedCases {
    /// The folder of the vCon draft's schema and examples; `nil`, and said so, when it is not there.
    static let vCon: String? = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let path = root.deletingLastPathComponent().appending(path: "shared/cases/vcon").path
        if FileManager.default.fileExists(atPath: path + "/vcon_json_schema.json") { return path }
        print("absent: ../shared/cases/vcon; vCons are not validated against the draft's schema")
        return nil
    }()
}
