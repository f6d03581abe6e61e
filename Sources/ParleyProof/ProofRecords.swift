import Foundation
import Records
import Telephony

/// Calls made of facts, for the proofs of the store and the outbox.
enum ProofRecords {
    /// Facts of a call of about half a minute, some two dozen.
    static func events(_ call: CallID, startedAt: WallTime) -> [CallEvent] {
        var events: [CallEvent] = []
        func add(_ seconds: Double, _ body: CallEventBody) {
            events.append(CallEvent(at: Interval(roundedSeconds: seconds), call: call, body: body))
        }
        add(
            0,
            .callStarted(
                .init(from: "+15550100", to: "+15550199", agent: "riverbend", codec: "PCMU", startedAt: startedAt)))
        add(0, .callAnswered(.init(answeredAt: startedAt)))
        for turn in 1...5 {
            let at = Double(turn) * 5
            add(at, .actionStarted(.init(topic: "Billing", action: "question-\(turn)", kind: "Question")))
            add(
                at + 0.02,
                .promptStarted(
                    .init(
                        prompt: turn, topic: "Billing", action: "question-\(turn)",
                        text: .open("Please enter the digits of your account, then press pound."), isAudioFile: false)))
            add(at + 1, .digit(.init(digit: .open("4"), source: .telephoneEvent, start: at + 0.9)))
            add(
                at + 1.1,
                .input(
                    .init(
                        topic: "Billing", action: "question-\(turn)", kind: .digits, result: .accepted,
                        value: .open("4"), attempt: 1)))
        }
        add(
            30,
            .callEnded(.init(by: .caller, cause: .normalClearing, outcome: .resolvedImplied, duration: 30)))
        return events
    }

    static func context(_ call: CallID, startedAt: WallTime) -> CallContext {
        var context = CallContext(call: call)
        for event in events(call, startedAt: startedAt) { context.record(event) }
        return context
    }

    /// A folder for the files of one proof.
    static func temporaryFolder() throws -> String {
        let path = FileManager.default.temporaryDirectory.appending(path: "parley-proof-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }
}
