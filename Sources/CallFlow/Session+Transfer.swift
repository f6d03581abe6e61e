import Formula
import Telephony

// Hand-overs.

extension Session {
    mutating func handOver(_ transfer: TransferAction, _ action: Action) {
        outcome = action.outcome ?? .escalated
        var request = TransferRequest(
            kind: transfer.kind, target: .open(""), messageToAgent: .open(""), variables: [], userToUser: nil,
            headers: [], dtmfSequence: "")
        func text(_ template: Template?, _ session: inout Session) -> DisclosableText? {
            guard let template, let value = session.evaluate(template, action.id) else { return nil }
            return DisclosableText(value.text(for: .dialog), isSensitive: value.isSensitive)
        }
        request.target = text(transfer.phoneNumber, &self) ?? .open("")
        request.messageToAgent = text(transfer.messageToAgent, &self) ?? .open("")
        request.userToUser = text(transfer.userToUser, &self)
        request.dtmfSequence = text(transfer.dtmfSequence, &self)?.redacted ?? ""
        for header in transfer.headers {
            if let value = text(header.value, &self) { request.headers.append((header.name, value)) }
        }
        request.whisper = whisper
        whisper = nil
        choosePeople(transfer, action, &request)
        guard case .running = state else { return }
        switch transfer.context {
        case .topic: request.variables = variables(.topic)
        case .global: request.variables = variables(.global)
        case .all: request.variables = variables(.topic) + variables(.global)
        case .value(let expression):
            guard let value = evaluate(expression, action.id) else { return }
            request.variables = [("context", value)]
        }
        var headers = Dictionary(request.headers.map { ($0.name, $0.value) }) { first, _ in first }
        headers["User-to-User"] = request.userToUser
        fact(
            .transferRequested(
                TransferRequested(
                    topic: topicName, action: action.id, kind: request.kind, target: request.target,
                    message: request.messageToAgent,
                    variables: Dictionary(request.variables.map { ($0.name, $0.value.disclosable) }) { first, _ in first
                    },
                    headers: headers)))
        emit(.transfer(request))
        returnsFromTransfer = transfer.returnsToDialog
        state = .transferring
    }

    /// The queue, or the experts, that the action names.
    private mutating func choosePeople(_ transfer: TransferAction, _ action: Action, _ request: inout TransferRequest) {
        func words(_ templates: [Template], _ session: inout Session) -> [String] {
            templates.flatMap { template -> [String] in
                guard let value = session.evaluate(template, action.id), !value.isSensitive else { return [] }
                return value.text(for: .dialog).split(separator: ",").map {
                    String($0.drop { $0 == " " })
                }
            }
        }
        request.experts = Array(words(transfer.experts, &self).prefix(Session.mostExperts))
        request.returnsToDialog = transfer.returnsToDialog
        request.longestMessage = transfer.longestMessageInSeconds.flatMap { resolve($0, action.id, in: 1...3_600) }
            .map { .seconds(Int64($0)) }
        request.endingSilence = transfer.endingSilenceInSeconds.flatMap { resolve($0, action.id, in: 1...60) }
            .map { .seconds(Int64($0)) }
        let name = transfer.queue.flatMap { words([$0], &self).first }
        let priority = transfer.priority.flatMap { resolve($0, action.id, in: -100...100) }
        let skills = words(transfer.skills, &self)
        if name != nil || priority != nil || !skills.isEmpty {
            request.queue = QueueWish(name: name, skills: skills, priority: priority)
        }
    }

    /// Those who can be called into a call at once.
    private static let mostExperts = 8

    private func variables(_ scope: VariablePath.Scope) -> [(name: String, value: Value)] {
        let values = scope == .global ? globals : frames.last?.variables ?? [:]
        return values.sorted { $0.key < $1.key }.map { ("\(scope.rawValue).\($0.key)", $0.value) }
    }

    /// A completed transfer ends the dialog, unless the people were called in only for a while; after another outcome the
    /// dialog goes on behind the action.
    mutating func transferEnded(_ result: TransferOutcome) {
        guard case .transferring = state else { return }
        globals["TransferOutcome"] = .text(result.rawValue)
        guard result != .completed || returnsFromTransfer else {
            endAllTopics()
            state = .over
            return
        }
        outcome = nil
        state = .running
    }
}
