import Formula
import Telephony

// What the dialog asks of the outside and waits for: HTTP requests, flows, answers to questions in plain words.

extension Session {
    /// A request to the outside that has not been answered.
    struct Awaiting: Sendable {
        enum Purpose: Sendable {
            case http(HTTPAction)
            case flow(FlowAction)
            case answer(AnswerAction)
        }

        var request: RequestID
        var purpose: Purpose
        var actionID: String
        var since: SampleTime
        /// The answer is too late then; or, when it is there, has been held back for long enough.
        var deadline: SampleTime
        var latencyDue: SampleTime?
        var latency: Latency?
        /// The latency message is being said, at least until then.
        var playsUntil: SampleTime?
        /// The answer, while the latency message is still being said.
        var reply: Reply?
    }

    enum Reply: Sendable {
        case http(HTTPReply)
        case answer(AnswerReply)
    }

    /// What is said while an answer is late, with every time known.
    struct Latency: Sendable {
        var message: Message
        var delayInMilliseconds: Int
        var minimumPlaybackInMilliseconds: Int
    }

    // MARK: - Asking

    mutating func send(_ action: HTTPAction, _ id: String) {
        guard let url = evaluate(action.url, id), let method = resolve(action.method, id),
            let timeout = resolve(action.timeoutInMilliseconds, id, in: 1...600_000),
            let headers = headers(action.headers, id)
        else { return }
        var hasSecret = url.isSensitive || headers.hasSecret
        var body: String?
        var contentType: String?
        switch action.body {
        case .json(let expression):
            guard let value = evaluate(expression, id) else { return }
            body = JSON.text(value)
            hasSecret = hasSecret || value.hasSensitivePart
            contentType = "application/json"
        case .raw(let template, let type):
            guard let value = evaluate(template, id) else { return }
            body = value.text(for: .declaredRequest)
            hasSecret = hasSecret || value.isSensitive
            contentType = "text/plain"
            if let type {
                guard let value = evaluate(type, id) else { return }
                contentType = value.text(for: .declaredRequest)
            }
        case nil: break
        }
        let known = Set(["GET", "POST", "PUT", "PATCH", "DELETE"])
        guard known.contains(method.uppercased()) else {
            return fail("httpMethod", "'\(method)' is no method of HTTP", action: id)
        }
        guard !hasSecret || !action.takes.isEmpty else { return refuse(id) }
        ask(
            HTTPParts(
                method: method.uppercased(), url: url, headers: headers.values, body: body, contentType: contentType),
            purpose: .http(action), action.latency, timeout: timeout, id)
    }

    /// A request with its formulas evaluated.
    private struct HTTPParts {
        var method: String
        var url: Value
        var headers: [(name: String, value: Redacted<String>)]
        var body: String?
        var contentType: String?
    }

    private mutating func headers(
        _ templates: [(name: String, value: Template)], _ id: String
    ) -> (values: [(name: String, value: Redacted<String>)], hasSecret: Bool)? {
        var headers: [(name: String, value: Redacted<String>)] = []
        var hasSecret = false
        for header in templates {
            guard let value = evaluate(header.value, id) else { return nil }
            // A line break would begin another header.
            let text = value.text(for: .declaredRequest).filter { !$0.isNewline && $0 != "\0" }
            headers.append((header.name, Redacted(text)))
            hasSecret = hasSecret || value.isSensitive
        }
        return (headers, hasSecret)
    }

    /// A secret goes out only where the document says so.
    private mutating func refuse(_ id: String) {
        fail(
            "sensitive",
            "the request \(id) would carry a sensitive value that it does not declare; write '# parley: takes VARIABLE — reason' above it",
            action: id)
    }

    private mutating func ask(
        _ parts: HTTPParts, purpose: Awaiting.Purpose, _ latency: LatencySettings, timeout: Int, _ id: String
    ) {
        let text = parts.url.text(for: .declaredRequest)
        let request = nextRequest()
        let shown = DisclosableText(
            String(text.prefix { $0 != "?" && $0 != "#" }), isSensitive: parts.url.isSensitive)
        let asked = HTTPRequest(
            method: parts.method, url: Redacted(text), shownURL: shown, headers: parts.headers,
            body: parts.body.map { Redacted($0) }, contentType: parts.contentType,
            timeout: .milliseconds(Int64(timeout)), topic: topicName, action: id)
        guard let latency = self.latency(latency, id) else { return }
        fact(
            .httpRequested(
                HTTPRequested(
                    request: request.rawValue, topic: topicName, action: id, method: parts.method, url: shown)))
        emit(.http(request, asked))
        wait(for: request, purpose, latency.value, timeout: timeout, id)
    }

    private mutating func wait(
        for request: RequestID, _ purpose: Awaiting.Purpose, _ latency: Latency?, timeout: Int, _ id: String
    ) {
        state = .awaiting(
            Awaiting(
                request: request, purpose: purpose, actionID: id, since: position,
                deadline: position + clockRate.ticks(milliseconds: Int64(timeout)),
                latencyDue: latency.map { position + clockRate.ticks(milliseconds: Int64($0.delayInMilliseconds)) },
                latency: latency))
    }

    /// What is said while the outside is slow: the action's message, else the agent's. The outer `nil` is a mistake in a
    /// formula.
    private mutating func latency(_ settings: LatencySettings, _ id: String) -> (value: Latency?, isKnown: Bool)? {
        if let isAllowed = settings.isAllowed {
            guard let allowed = resolve(isAllowed, id) else { return nil }
            if !allowed { return (nil, true) }
        }
        guard let message = settings.message ?? agent.settings.latencyMessage else { return (nil, true) }
        let own = agent.settings
        guard
            let delay = resolve(
                settings.delayInMilliseconds ?? .constant(own.latencyMessageDelayInMilliseconds), id),
            let minimum = resolve(
                settings.minimumPlaybackInMilliseconds ?? .constant(own.minimumPlaybackInMilliseconds), id)
        else { return nil }
        return (
            Latency(message: message, delayInMilliseconds: delay, minimumPlaybackInMilliseconds: minimum), true
        )
    }

    mutating func invoke(_ flow: FlowAction, _ id: String) {
        guard let url = evaluate(flow.endpoint.url, id), let headers = headers(flow.endpoint.headers, id) else {
            return
        }
        var fields: [Value.Field] = []
        for input in flow.inputs {
            guard let value = evaluate(input.value, id) else { return }
            fields.append(Value.Field(input.name, value))
        }
        let hasSecret = url.isSensitive || headers.hasSecret || fields.contains { $0.value.hasSensitivePart }
        guard !hasSecret || !flow.takes.isEmpty else { return refuse(id) }
        ask(
            HTTPParts(
                method: "POST", url: url, headers: headers.values, body: JSON.text(.record(fields)),
                contentType: "application/json"),
            purpose: .flow(flow), flow.latency, timeout: flow.endpoint.timeoutInMilliseconds, id)
    }

    mutating func request(_ action: AnswerAction, _ id: String) {
        guard let input = evaluate(action.userInput, id), let moderation = resolve(action.moderation, id) else {
            return
        }
        var instructions = Value.text("")
        if let template = action.instructions {
            guard let value = evaluate(template, id) else { return }
            instructions = value
        }
        guard let latency = latency(action.latency, id) else { return }
        let request = nextRequest()
        let timeout = 30_000
        fact(.answerRequested(AnswerRequested(request: request.rawValue, topic: topicName, action: id)))
        emit(
            .ask(
                request,
                AnswerRequest(
                    question: DisclosableText(input.text(for: .declaredRequest), isSensitive: input.isSensitive),
                    instructions: DisclosableText(
                        instructions.text(for: .declaredRequest), isSensitive: instructions.isSensitive),
                    searchesContent: action.searchesContent, sources: action.sources,
                    moderation: moderation, language: agent.settings.language,
                    timeout: .milliseconds(Int64(timeout)), topic: topicName, action: id)))
        wait(for: request, .answer(action), latency.value, timeout: timeout, id)
    }

    // MARK: - Waiting

    mutating func expireRequest(_ awaiting: Awaiting) {
        if let due = awaiting.latencyDue, due <= position, due < awaiting.deadline {
            return sayLatency(awaiting)
        }
        if let reply = awaiting.reply {
            stopSaying()
            return finish(awaiting, reply)
        }
        emit(.cancel(awaiting.request))
        if awaiting.playsUntil != nil { stopSaying() }
        switch awaiting.purpose {
        case .http, .flow: finish(awaiting, .http(.failed(.timeout)))
        case .answer: finish(awaiting, .answer(.unavailable))
        }
    }

    /// Says the latency message, unless something else is still being said: then its time begins behind that.
    private mutating func sayLatency(_ awaiting: Awaiting) {
        var awaiting = awaiting
        awaiting.latencyDue = nil
        guard let latency = awaiting.latency, playing.isEmpty else {
            state = .awaiting(awaiting)
            return
        }
        awaiting.playsUntil = position + clockRate.ticks(milliseconds: Int64(latency.minimumPlaybackInMilliseconds))
        state = .awaiting(awaiting)
        fact(.timerExpired(TimerExpired(timer: .latency, topic: topicName, action: awaiting.actionID)))
        say(latency.message, action: awaiting.actionID, purpose: "latency")
    }

    /// What was being said while an answer was awaited is over.
    mutating func latencySaid(_ awaiting: Awaiting) {
        if let reply = awaiting.reply { return finish(awaiting, reply) }
        var awaiting = awaiting
        if awaiting.playsUntil == nil, awaiting.latencyDue == nil, let latency = awaiting.latency {
            awaiting.latencyDue = position + clockRate.ticks(milliseconds: Int64(latency.delayInMilliseconds))
        }
        state = .awaiting(awaiting)
    }

    mutating func answered(_ request: RequestID, _ reply: Reply) {
        guard case .awaiting(var awaiting) = state, awaiting.request == request, awaiting.reply == nil else { return }
        awaiting.latencyDue = nil
        guard let until = awaiting.playsUntil, !playing.isEmpty else { return finish(awaiting, reply) }
        guard until > position else {
            stopSaying()
            return finish(awaiting, reply)
        }
        awaiting.reply = reply
        awaiting.deadline = until
        state = .awaiting(awaiting)
    }

    private mutating func finish(_ awaiting: Awaiting, _ reply: Reply) {
        state = .running
        let seconds = clockRate.interval(ticks: position - awaiting.since).roundedSeconds
        switch (awaiting.purpose, reply) {
        case (.http(let action), .http(let reply)): finish(action, reply, awaiting, seconds)
        case (.flow(let flow), .http(let reply)): finish(flow, reply, awaiting, seconds)
        case (.answer(let action), .answer(let reply)): finish(action, reply, awaiting, seconds)
        default: break
        }
    }

    private mutating func account(_ reply: HTTPReply, _ awaiting: Awaiting, _ seconds: Double) {
        switch reply {
        case .answered(let status, _, _):
            fact(.httpAnswered(HTTPAnswered(request: awaiting.request.rawValue, status: status, seconds: seconds)))
        case .failed(let failure):
            fact(
                .httpAnswered(
                    HTTPAnswered(request: awaiting.request.rawValue, failure: failure.rawValue, seconds: seconds)))
        }
    }

    private mutating func finish(_ action: HTTPAction, _ reply: HTTPReply, _ awaiting: Awaiting, _ seconds: Double) {
        account(reply, awaiting, seconds)
        switch reply {
        case .answered(let status, let body, let headers):
            let isSuccess = (200..<300).contains(status)
            var problem = isSuccess ? nil : "answered with status \(status)"
            var response = body
            if isSuccess, let type = action.responseType {
                let typed = type.value(of: body, in: scope)
                if typed == nil { problem = "answered with something else than 'responseSchema' says" }
                response = typed ?? .blank
            }
            if let path = action.responseHeaders {
                set(path, .record(headers.map { Value.Field($0.name, .text($0.value)) }))
            }
            guard let problem else {
                if let path = action.statusCode { set(path, .number(Double(status))) }
                if let path = action.response { set(path, response) }
                return
            }
            failed(action, status: status, body: body, problem, awaiting)
        case .failed(let failure):
            failed(action, status: 0, body: .blank, "had no answer: \(failure.rawValue)", awaiting)
        }
    }

    private mutating func failed(
        _ action: HTTPAction, status: Int, body: Value, _ problem: String, _ awaiting: Awaiting
    ) {
        guard action.continuesOnError else {
            let method = action.method.constant ?? "the request"
            return fail(status > 0 ? "httpStatus" : "http", "\(method) \(problem)", action: awaiting.actionID)
        }
        if let path = action.statusCode { set(path, .number(Double(status))) }
        if let path = action.response { set(path, .blank) }
        if let path = action.errorBody { set(path, body) }
    }

    private mutating func finish(_ flow: FlowAction, _ reply: HTTPReply, _ awaiting: Awaiting, _ seconds: Double) {
        account(reply, awaiting, seconds)
        guard case .answered(let status, let body, _) = reply, (200..<300).contains(status) else {
            return fail("flow", "the flow \(flow.flowID) did not answer as it should", action: awaiting.actionID)
        }
        for output in flow.outputs {
            let value = output.member.map { body.member($0) ?? .blank } ?? body
            set(output.variable, value.marked(sensitive: output.isSensitive))
        }
    }

    private mutating func finish(_ action: AnswerAction, _ reply: AnswerReply, _ awaiting: Awaiting, _ seconds: Double)
    {
        var answer = Value.blank
        if case .answered(let text) = reply, !text.isEmpty { answer = .text(text) }
        fact(
            .answerGiven(
                AnswerGiven(request: awaiting.request.rawValue, isAnswered: !answer.isBlank, seconds: seconds)))
        if let path = action.variable {
            let value =
                action.capturesRecord && !answer.isBlank
                ? Value.record([Value.Field("Text", .record([Value.Field("Content", answer)]))]) : answer
            set(path, value)
        }
        guard action.isSent, case .answered(let text) = reply, !text.isEmpty else { return }
        play(
            .text(
                SpokenText(
                    text: text, language: agent.settings.language, voice: agent.settings.voice, isPrivate: true,
                    isSensitive: false)), awaiting.actionID, .keysAndSpeech)
    }
}
