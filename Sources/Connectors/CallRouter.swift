package import CallFlow
import Foundation
import Records
package import Telephony

/// Asks a service of the CRM's or the contact centre's where a caller goes: one POST a hand-over, with what is known of
/// the call, redacted; nothing secret leaves.
///
///     POST {"version": 1, "call": "…", "wish": {"message": …, "queue": …, "skills": […], "priority": …}, "context": {…}}
///     200  {"target": "+15550123", "refer": false, "headers": {"X-Case": "17"}, "userToUser": "k9",
///           "ringSeconds": 20, "whisper": "gold customer"}
///     200  {"queue": "billing", "skills": ["german"], "priority": 5}
///     204  nobody
package struct CallRouter: Sendable {
    private let url: String
    private let headers: [(name: String, value: Redacted<String>)]
    private let transport: any ConnectorTransport
    /// Before Parley's own queues; otherwise only when they give nobody.
    package let isAskedFirst: Bool
    /// What comes later is of no use.
    package let timeout: Interval

    /// How long the service has, where the document does not say.
    package static let standardTimeout = Interval.seconds(3)

    package init(
        url: String, headers: [(name: String, value: Redacted<String>)] = [], isAskedFirst: Bool = true,
        timeout: Interval = standardTimeout, transport: any ConnectorTransport = HTTPTransport()
    ) {
        self.url = url
        self.headers = headers
        self.isAskedFirst = isAskedFirst
        self.timeout = timeout
        self.transport = transport
    }

    /// Asks. Ends within the time-out.
    package func answer(to inquiry: RouterInquiry) async -> RouterReply {
        guard let body = CallRouter.body(of: inquiry) else { return .failed("the context cannot be written") }
        var request = ConnectorRequest.json("POST", url, body)
        request.timeout = timeout
        for header in headers { request.headers.append((header.name, header.value.reveal(for: .declaredRequest))) }
        switch await transport.send(request) {
        case .failed(let reason): return .failed("could not be asked: \(reason)")
        case .answered(let answer) where answer.status == 204: return .answered(.nobody)
        case .answered(let answer) where answer.status == 200: return CallRouter.reading(answer)
        case .answered(let answer): return .failed("answered \(answer.status)")
        }
    }

    private static func body(of inquiry: RouterInquiry) -> JSONDocument? {
        guard let context = try? JSONDocument(encoding: inquiry.context) else { return nil }
        var wish: [String: JSONDocument] = ["message": .string(inquiry.transfer.messageToAgent.redacted)]
        if let queue = inquiry.transfer.queue {
            wish["queue"] = queue.name.map { .string($0) }
            wish["skills"] = .array(queue.skills.map { .string($0) })
            wish["priority"] = queue.priority.map { .number(Double($0)) }
        }
        return .object([
            "version": .number(1), "call": .string(inquiry.call.rawValue), "wish": .object(wish), "context": context,
        ])
    }

    // MARK: - The answer

    private static let members: Set<String> = [
        "target", "refer", "headers", "userToUser", "ringSeconds", "whisper", "queue", "skills", "priority",
    ]

    /// Reads an answer; what is not as it is documented is refused, and what the answer has in it is not repeated.
    package static func reading(_ answer: ConnectorAnswer) -> RouterReply {
        guard answer.body.count <= 65_536, case .object(let members) = answer.json else {
            return .failed("answered with something that is no JSON object of at most 64 KiB")
        }
        if let unknown = members.keys.sorted().first(where: { !CallRouter.members.contains($0) }) {
            return .failed("answered with a member that is not known here: \(unknown.prefix(40))")
        }
        do throws(Refusal) {
            if let target = try target(members) { return .answered(target) }
            if let queue = try queue(members) { return .answered(queue) }
            return .answered(.nobody)
        } catch {
            return .failed("answered with '\(error.member)', which is \(error.problem)")
        }
    }

    private struct Refusal: Error {
        let member: String
        let problem: String
    }

    private static func target(_ members: [String: JSONDocument]) throws(Refusal) -> RouterAnswer? {
        guard let text = try text("target", members) else { return nil }
        var target = RouterTarget(text)
        target.userToUser = try self.text("userToUser", members)
        target.whisper = try self.text("whisper", members).map { String($0.prefix(500)) }
        if let seconds = try number("ringSeconds", members, in: 1...300) { target.ringTimeout = .seconds(seconds) }
        switch members["headers"] {
        case nil, .null?: break
        case .object(let fields)?:
            for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
                guard case .string(let value) = value else {
                    throw Refusal(member: "headers", problem: "no object of texts")
                }
                target.headers.append((name, value))
            }
        default: throw Refusal(member: "headers", problem: "no object of texts")
        }
        if let problem = target.problem { throw Refusal(member: "target", problem: "not to be taken: \(problem)") }
        switch members["refer"] {
        case nil, .null?, .boolean(false)?: return .dial(target)
        case .boolean(true)?: return .refer(target)
        default: throw Refusal(member: "refer", problem: "neither true nor false")
        }
    }

    private static func queue(_ members: [String: JSONDocument]) throws(Refusal) -> RouterAnswer? {
        guard let name = try text("queue", members) else { return nil }
        var wish = QueueWish(name: name)
        wish.skills = (members["skills"]?.array ?? []).compactMap(\.string)
        wish.priority = try number("priority", members, in: -100...100).map { Int($0) }
        return .queue(wish)
    }

    private static func text(_ name: String, _ members: [String: JSONDocument]) throws(Refusal) -> String? {
        switch members[name] {
        case nil, .null?: return nil
        case .string(let text)? where !text.isEmpty && text.utf8.count <= 4_096: return text
        default: throw Refusal(member: name, problem: "no text")
        }
    }

    private static func number(
        _ name: String, _ members: [String: JSONDocument], in range: ClosedRange<Int64>
    ) throws(Refusal) -> Int64? {
        switch members[name] {
        case nil, .null?: return nil
        case .number(let number)?:
            guard let whole = Int64(exactly: number), range.contains(whole) else { break }
            return whole
        default: break
        }
        throw Refusal(
            member: name, problem: "no whole number from \(range.lowerBound) to \(range.upperBound)")
    }
}
