import Synchronization
package import Telephony

/// The calls that run at the moment, as an operator sees them: no number in full, nothing that was pressed or said.
package final class LiveCalls: Sendable {
    /// A running call.
    package struct Summary: Sendable, Equatable, Codable {
        package var call: CallID
        /// The last two digits alone.
        package var from: String
        package var to: String
        package var agent: String
        package var codec: String
        package var startedAt: WallTime
        /// Where the dialog is.
        package var topic = ""
        package var action = ""
    }

    private let calls = Mutex<[CallID: Summary]>([:])

    package init() {}

    package func happened(_ event: CallEvent) {
        switch event.body {
        case .callStarted(let body):
            let summary = Summary(
                call: event.call, from: body.from.maskedNumber, to: body.to.maskedNumber, agent: body.agent,
                codec: body.codec, startedAt: body.startedAt)
            calls.withLock { $0[event.call] = summary }
        case .actionStarted(let body):
            calls.withLock { calls in
                calls[event.call]?.topic = body.topic
                calls[event.call]?.action = body.action
            }
        case .callEnded: calls.withLock { $0[event.call] = nil }
        default: break
        }
    }

    package var count: Int { calls.withLock { $0.count } }

    /// The oldest first.
    package var all: [Summary] {
        calls.withLock { Array($0.values) }.sorted {
            ($0.startedAt.millisecondsSince1970, $0.call.rawValue) < (
                $1.startedAt.millisecondsSince1970, $1.call.rawValue
            )
        }
    }
}

extension String {
    /// A number of which only the end is told.
    package var maskedNumber: String { count > 4 ? "…" + suffix(2) : "…" }
}
