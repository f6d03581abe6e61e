import Foundation
import Records
import Synchronization
import Telephony

/// Calls to send.
enum SampleCalls {
    static let start = WallTime(millisecondsSince1970: 1_772_443_800_000)

    static func context(_ call: CallID, from: String = "+15550100") -> CallContext {
        var context = CallContext(call: call)
        func add(_ seconds: Double, _ body: CallEventBody) {
            context.record(CallEvent(at: Interval(roundedSeconds: seconds), call: call, body: body))
        }
        add(0, .callStarted(.init(from: from, to: "+15550199", agent: "riverbend", codec: "PCMU", startedAt: start)))
        add(0, .callAnswered(.init(answeredAt: start + .seconds(1))))
        add(3, .variableSet(.init(variable: "Global.Reason", value: .open("\"billing\""))))
        add(4, .variableSet(.init(variable: "Topic.Pin", value: DisclosableText("4929", isSensitive: true))))
        add(
            5,
            .input(.init(topic: "Start", action: "menu", kind: .none, result: .noInput, value: .open(""), attempt: 1)))
        add(61, .callEnded(.init(by: .caller, cause: .normalClearing, outcome: .resolvedImplied, duration: 61)))
        return context
    }

    static func entry(_ call: CallID, _ moment: CallMoment = .ended, attempts: Int = 1) -> OutboxEntry {
        OutboxEntry(
            id: 1, connector: "crm", call: call, moment: moment, key: OutboxEntry.key(call: call, moment: moment),
            state: .waiting, attempts: attempts, ownFailures: 0, createdAt: start, dueAt: start, duplicates: 0)
    }
}

/// A clock that a test turns.
final class VirtualClock: Sendable {
    private let time: Mutex<WallTime>
    init(_ time: WallTime) { self.time = Mutex(time) }
    var now: WallTime {
        get { time.withLock { $0 } }
        set { time.withLock { $0 = newValue } }
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
}
