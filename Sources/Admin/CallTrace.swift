package import Foundation
package import Telephony

/// What the flight recorder knows of one call: its signalling, masked, and the steps of its dialog, in order.
package struct CallTrace: Sendable {
    /// A SIP message that came or went.
    package struct Message: Sendable {
        /// Octets of a message that are kept.
        package static let longest = 8_192

        package var isIncoming: Bool
        /// As in a Via.
        package var transport: String
        package var peer: TransportAddress
        /// Parley's own end; `nil` when it is not known.
        package var local: TransportAddress?
        package var octets: [UInt8]

        /// The first line, without the version.
        package var summary: String {
            let line = String(decoding: octets.prefix { $0 != 0x0D && $0 != 0x0A }, as: UTF8.self)
            return line.replacing("SIP/2.0", with: "").trimmingCharacters(in: .whitespaces)
        }
    }

    package struct Step: Sendable {
        package enum What: Sendable {
            case message(Message)
            case fact(CallEvent)
        }

        /// Microseconds of wall time since 1970.
        package var at: Int64
        package var what: What
    }

    package var call: CallID
    package var steps: [Step]

    private struct Document: Codable {
        struct Entry: Codable {
            var at: WallTime
            var direction: String?
            var transport: String?
            var peer: String?
            var summary: String
            var message: String?
            var event: String?
        }

        var call: CallID
        var entries: [Entry]
    }

    /// As JSON: `entries` in order, each with `at`, `summary`, and either `direction`, `transport`, `peer` and
    /// `message`, or `event`.
    package var json: Data {
        let entries = steps.map { step -> Document.Entry in
            let at = WallTime(millisecondsSince1970: step.at / 1_000)
            switch step.what {
            case .message(let message):
                return Document.Entry(
                    at: at, direction: message.isIncoming ? "in" : "out", transport: message.transport,
                    peer: message.peer.text, summary: message.summary,
                    message: String(decoding: message.octets, as: UTF8.self))
            case .fact(let event):
                return Document.Entry(at: at, summary: event.body.traced, event: event.body.name)
            }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(Document(call: call, entries: entries))) ?? Data()
    }

    /// The ladder for people, a line a step: what came points right, what went points left, what the dialog did stands
    /// beside it.
    ///
    /// - Throws: when the document is no trace.
    package static func ladder(json: Data) throws -> [String] {
        let document = try JSONDecoder().decode(Document.self, from: json)
        let start = document.entries.first?.at.millisecondsSince1970 ?? 0
        var lines = ["\(document.call)  from \(document.entries.first.map { "\($0.at)" } ?? "")"]
        for entry in document.entries {
            let seconds = Double(entry.at.millisecondsSince1970 - start) / 1_000
            let time = String(format: "%9.3f", seconds)
            guard let direction = entry.direction else {
                lines.append("\(time)  \(String(repeating: " ", count: 46))· \(entry.summary)")
                continue
            }
            let summary = String(entry.summary.prefix(40)).padding(toLength: 40, withPad: " ", startingAt: 0)
            let arrow = direction == "in" ? "\(summary) ──>" : "\(summary) <──"
            lines.append("\(time)  \(arrow)  \(entry.transport ?? "") \(entry.peer ?? "")")
        }
        return lines
    }
}

extension CallEventBody {
    /// What happened in a few words, without anything that a caller pressed, said or is.
    var traced: String {
        switch self {
        case .callStarted(let body): "call begins, \(body.agent), \(body.codec)"
        case .callAnswered: "answered"
        case .topicStarted(let body): "topic \(body.topic) begins by \(body.trigger)"
        case .topicEnded(let body): "topic \(body.topic) ends"
        case .actionStarted(let body): "\(body.topic)/\(body.action) \(body.kind)"
        case .branchTaken(let body): "\(body.topic)/\(body.action) takes \(body.branch)"
        case .promptStarted(let body): "prompt \(body.prompt) of \(body.topic)/\(body.action) begins"
        case .promptEnded(let body): "prompt \(body.prompt) ends: \(body.reason.rawValue)"
        case .digit(let body): "key by \(body.source.rawValue)"
        case .speechStarted: "speech begins"
        case .speechEnded: "speech ends"
        case .bargeIn(let body): "prompt \(body.prompt) is interrupted by \(body.by.rawValue)"
        case .recognized: "words"
        case .timerExpired(let body): "timer \(body.timer.rawValue) of \(body.topic)/\(body.action)"
        case .input(let body): "\(body.topic)/\(body.action): \(body.result.rawValue), attempt \(body.attempt)"
        case .variableSet(let body): "\(body.variable) is set"
        case .httpRequested(let body): "request \(body.request) of \(body.topic)/\(body.action)"
        case .httpAnswered(let body):
            "request \(body.request): \(body.status.map(String.init) ?? body.failure ?? "no answer") after \(body.seconds) s"
        case .callerLookedUp(let body): "look-up of the caller: \(body.outcome.rawValue) after \(body.seconds) s"
        case .transferRequested(let body): "hand-over by \(body.topic)/\(body.action): \(body.kind.rawValue)"
        case .transferEnded(let body): "hand-over: \(body.outcome.rawValue)"
        case .queueEntered(let body): "waits in \(body.queue), number \(body.position)"
        case .legDialled(let body): "leg \(body.leg.rawValue) is called: \(body.role.rawValue)"
        case .legRinging(let body): "leg \(body.leg.rawValue) rings"
        case .legAnswered(let body): "leg \(body.leg.rawValue) answers, \(body.codec)"
        case .legReplaced(let body): "leg \(body.leg.rawValue) is replaced"
        case .legPlaced(let body): "leg \(body.leg.rawValue): \(body.place)"
        case .legEnded(let body): "leg \(body.leg.rawValue) ends: \(body.reason.rawValue)" + because(body.rule)
        case .callBackPromised(let body): "a call-back is promised for \(body.queue)"
        case .callBackTried(let body):
            "call-back \(body.attempt) for \(body.queue): \(body.outcome.rawValue)" + because(body.rule)
        case .failure(let body): "failure \(body.code) in \(body.topic)/\(body.action)"
        case .callEnded(let body): "call ends by \(body.by.rawValue): \(body.cause.rawValue), \(body.outcome.rawValue)"
        case .mediaQuality(let body): "media: \(body.lost) of \(body.received + body.lost) packets lost"
        default: name
        }
    }

    private func because(_ rule: OutboundRefusal?) -> String { rule.map { ", \($0.rawValue)" } ?? "" }
}

extension TransportAddress {
    /// It stands for an IPv4 address.
    var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// `192.0.2.1:5060` or `[2001:db8::1]:5060`, without compression.
    var text: String {
        guard !isIPv4 else {
            let octets = [low >> 24, low >> 16, low >> 8, low].map { "\($0 & 0xFF)" }
            return octets.joined(separator: ".") + ":\(port)"
        }
        let groups = [high, low].flatMap { half in
            [half >> 48, half >> 32, half >> 16, half].map { String($0 & 0xFFFF, radix: 16) }
        }
        return "[\(groups.joined(separator: ":"))]:\(port)"
    }
}
