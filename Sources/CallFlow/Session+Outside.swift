import Formula
import Telephony

// What the dialog asks of the outside: HTTP requests and hand-overs.

extension Session {
    mutating func send(_ action: HTTPAction, _ id: String) {
        guard let url = evaluate(action.url, id) else { return }
        var headers: [(name: String, value: Redacted<String>)] = []
        for header in action.headers {
            guard let value = evaluate(header.value, id) else { return }
            headers.append((header.name, Redacted(value.text(for: .declaredRequest))))
        }
        var body: String?
        if let expression = action.body {
            guard let value = evaluate(expression, id) else { return }
            body = JSON.text(value)
        }
        let text = url.text(for: .declaredRequest)
        let shown = String(text.prefix { $0 != "?" && $0 != "#" })
        let request = nextRequest()
        let timeout = Interval.milliseconds(Int64(action.timeoutInMilliseconds))
        let shownURL = DisclosableText(shown, isSensitive: url.isSensitive)
        fact(
            .httpRequested(
                HTTPRequested(
                    request: request.rawValue, topic: topicName, action: id, method: action.method, url: shownURL)))
        emit(
            .http(
                request,
                HTTPRequest(
                    method: action.method, url: Redacted(text), shownURL: shownURL, headers: headers,
                    body: body.map { Redacted($0) }, contentType: body == nil ? nil : "application/json",
                    timeout: timeout, topic: topicName, action: id)))
        let latency =
            action.latencyMessage == nil
            ? nil : position + clockRate.ticks(milliseconds: Int64(action.latencyDelayInMilliseconds))
        state = .awaitingHTTP(
            AwaitingHTTP(
                request: request, action: action, actionID: id, since: position,
                deadline: position + clockRate.ticks(timeout), latencyDue: latency))
    }

    mutating func expireHTTP(_ waiting: AwaitingHTTP) {
        if let due = waiting.latencyDue, due <= position, due < waiting.deadline {
            var waiting = waiting
            waiting.latencyDue = nil
            state = .awaitingHTTP(waiting)
            fact(.timerExpired(TimerExpired(timer: .latency, topic: topicName, action: waiting.actionID)))
            if let message = waiting.action.latencyMessage { say(message, action: waiting.actionID) }
            return
        }
        emit(.cancel(waiting.request))
        finish(waiting, .failed(.timeout))
    }

    mutating func answered(_ request: RequestID, _ reply: HTTPReply) {
        guard case .awaitingHTTP(let waiting) = state, waiting.request == request else { return }
        finish(waiting, reply)
    }

    private mutating func finish(_ waiting: AwaitingHTTP, _ reply: HTTPReply) {
        state = .running
        let seconds = clockRate.interval(ticks: position - waiting.since).roundedSeconds
        switch reply {
        case .answered(let status, let body, _):
            fact(.httpAnswered(HTTPAnswered(request: waiting.request.rawValue, status: status, seconds: seconds)))
            if let path = waiting.action.statusCode { set(path, .number(Double(status))) }
            if (200..<300).contains(status) || waiting.action.continuesOnError {
                if let path = waiting.action.response { set(path, (200..<300).contains(status) ? body : .blank) }
                return
            }
            fail("httpStatus", "\(waiting.action.method) answered with status \(status)", action: waiting.actionID)
        case .failed(let failure):
            fact(
                .httpAnswered(
                    HTTPAnswered(request: waiting.request.rawValue, failure: failure.rawValue, seconds: seconds)))
            if let path = waiting.action.statusCode { set(path, .number(0)) }
            guard !waiting.action.continuesOnError else {
                if let path = waiting.action.response { set(path, .blank) }
                return
            }
            fail("http", "\(waiting.action.method) had no answer: \(failure.rawValue)", action: waiting.actionID)
        }
    }

    // MARK: - Hand-over

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
        state = .transferring
    }

    private func variables(_ scope: VariablePath.Scope) -> [(name: String, value: Value)] {
        let values = scope == .global ? globals : frames.last?.variables ?? [:]
        return values.sorted { $0.key < $1.key }.map { ("\(scope.rawValue).\($0.key)", $0.value) }
    }

    /// A completed transfer ends the dialog; after another outcome the dialog goes on behind the action.
    mutating func transferEnded(_ result: TransferOutcome) {
        guard case .transferring = state else { return }
        globals["TransferOutcome"] = .text(result.rawValue)
        guard result != .completed else {
            endAllTopics()
            state = .over
            return
        }
        outcome = nil
        state = .running
    }
}

/// Values as JSON text, for the bodies of requests.
enum JSON {
    static func text(_ value: Value) -> String { value.json(for: .declaredRequest).description }
}
