/// What is known of a call at its end: Parley's product for the CRM.
///
/// Folded from the call's events by ``record(_:)`` and by nothing else, so the account that was printed and the record
/// that is kept cannot disagree. Secrets arrive redacted and stay so. Times are media time in seconds from the answer;
/// the three `…At` members are wall time.
public struct CallContext: Sendable, Equatable, Codable {
    /// ``CallEvent/version`` at the time of writing.
    public var version = CallEvent.version
    public var call: CallID
    public var from = ""
    public var to = ""
    /// The agent folder's name.
    public var agent = ""
    public var codec = ""
    public var startedAt = WallTime(millisecondsSince1970: 0)
    /// Who was called first, and why the call came here; absent in a call that was for nobody else.
    public var diversion: Diversion?
    public var answeredAt: WallTime?
    public var endedAt: WallTime?
    /// Seconds from the answer to the end.
    public var duration: Double?
    /// Every action reached, in order.
    public var path: [Step] = []
    public var prompts: [Prompt] = []
    /// Every attempt of the caller at a question.
    public var inputs: [Input] = []
    /// Every key heard, in order.
    public var digits: [DigitHeard] = []
    /// Each variable's last value, as Power Fx writes it.
    public var variables: [String: DisclosableText] = [:]
    public var requests: [Request] = []
    public var transfer: Transfer?
    /// Everybody who was called on this call's behalf, in order.
    public var legs: [Leg] = []
    /// The message that the caller left.
    public var voicemail: VoicemailLeft?
    /// What the caller was promised when this call ended: to be called back.
    public var callBackPromised: CallBackPromised?
    /// Set in a call that Parley placed to call a caller back: the call that it was promised in, and what came of it.
    public var callBack: CallBackTried?
    public var telemetry: [Telemetry] = []
    public var failures: [Failure] = []
    public var outcome: CallOutcome?
    public var endedBy: Party?
    public var cause: HangupCause?
    public var media: MediaQuality?

    public init(call: CallID) { self.call = call }

    /// An action that the session reached.
    public struct Step: Sendable, Equatable, Codable {
        public var at: Double
        public var topic: String
        public var action: String
        public var kind: String
    }

    /// A prompt, and how far it was heard.
    public struct Prompt: Sendable, Equatable, Codable {
        public var at: Double
        public var prompt: Int
        public var topic: String
        public var action: String
        public var text: DisclosableText
        /// Seconds that went out; absent while it plays.
        public var heard: Double?
        public var length: Double?
        public var reason: PromptEndReason?
    }

    /// One attempt at a question.
    public struct Input: Sendable, Equatable, Codable {
        public var at: Double
        public var topic: String
        public var action: String
        public var kind: InputKind
        public var result: InputResult
        public var value: DisclosableText
        public var attempt: Int
    }

    /// A request to the outside and its answer.
    public struct Request: Sendable, Equatable, Codable {
        public var at: Double
        public var request: UInt64
        public var topic: String
        public var action: String
        public var method: String
        public var url: DisclosableText
        public var status: Int?
        public var failure: String?
        public var seconds: Double?
    }

    /// The hand-over.
    public struct Transfer: Sendable, Equatable, Codable {
        public var at: Double
        public var kind: TransferKind
        public var target: DisclosableText
        public var message: DisclosableText
        public var variables: [String: DisclosableText]
        public var headers: [String: DisclosableText]
        public var outcome: TransferOutcome?
    }

    /// A leg that the call grew.
    public struct Leg: Sendable, Equatable, Codable {
        public var leg: LegID
        public var role: LegRole
        public var target: DisclosableText
        public var dialledAt: Double
        public var answeredAt: Double?
        public var endedAt: Double?
        public var reason: LegEndReason?
        /// Which rule says that nobody may be called there.
        public var rule: OutboundRefusal?
        /// Seconds for which its party spoke.
        public var spoke = 0.0
    }
}

extension KeyedDecodingContainer {
    /// Contexts that were written before calls grew legs have none.
    func decode(_ type: [CallContext.Leg].Type, forKey key: Key) throws -> [CallContext.Leg] {
        try decodeIfPresent(type, forKey: key) ?? []
    }
}

extension CallContext {
    /// Takes one event of this call into the record.
    public mutating func record(_ event: CallEvent) {
        let at = event.at.roundedSeconds
        switch event.body {
        case .callStarted(let body):
            from = body.from
            to = body.to
            agent = body.agent
            codec = body.codec
            startedAt = body.startedAt
            diversion = body.diversion
        case .callAnswered(let body): answeredAt = body.answeredAt
        case .actionStarted(let body):
            path.append(Step(at: at, topic: body.topic, action: body.action, kind: body.kind))
        case .promptStarted(let body):
            prompts.append(
                Prompt(at: at, prompt: body.prompt, topic: body.topic, action: body.action, text: body.text))
        case .promptEnded(let body): finishPrompt(body)
        case .digit(let body): digits.append(body)
        case .input(let body):
            inputs.append(
                Input(
                    at: at, topic: body.topic, action: body.action, kind: body.kind, result: body.result,
                    value: body.value, attempt: body.attempt))
        case .variableSet(let body): variables[body.variable] = body.value
        case .httpRequested(let body):
            requests.append(
                Request(
                    at: at, request: body.request, topic: body.topic, action: body.action, method: body.method,
                    url: body.url))
        case .httpAnswered(let body): finishRequest(body)
        case .transferRequested(let body):
            transfer = Transfer(
                at: at, kind: body.kind, target: body.target, message: body.message, variables: body.variables,
                headers: body.headers)
        case .legDialled(let body):
            legs.append(Leg(leg: body.leg, role: body.role, target: body.target, dialledAt: at))
        case .legAnswered(let body): change(body.leg) { $0.answeredAt = at }
        case .legEnded(let body):
            change(body.leg) {
                $0.endedAt = at
                $0.reason = body.reason
                $0.rule = body.rule
            }
        case .legSpoke(let body): change(body.leg) { $0.spoke += body.end - body.start }
        case .transferEnded(let body): transfer?.outcome = body.outcome
        case .voicemailLeft(let body): voicemail = body
        case .callBackPromised(let body): callBackPromised = body
        case .callBackTried(let body): callBack = body
        case .telemetry(let body): telemetry.append(body)
        case .failure(let body): failures.append(body)
        case .mediaQuality(let body): media = body
        case .callEnded(let body): finish(body)
        case .topicStarted, .topicEnded, .speechStarted, .speechEnded, .bargeIn, .recognized, .timerExpired,
            .branchTaken, .holdStarted, .holdEnded, .answerRequested, .answerGiven, .legRinging, .legReplaced,
            .legPlaced,
            .queueEntered, .callerLookedUp:
            break
        }
    }

    private mutating func change(_ leg: LegID, _ change: (inout Leg) -> Void) {
        guard let index = legs.lastIndex(where: { $0.leg == leg }) else { return }
        change(&legs[index])
    }

    private mutating func finishPrompt(_ body: PromptEnded) {
        guard let index = prompts.lastIndex(where: { $0.prompt == body.prompt }) else { return }
        prompts[index].heard = body.heard
        prompts[index].length = body.length
        prompts[index].reason = body.reason
    }

    private mutating func finishRequest(_ body: HTTPAnswered) {
        guard let index = requests.lastIndex(where: { $0.request == body.request }) else { return }
        requests[index].status = body.status
        requests[index].failure = body.failure
        requests[index].seconds = body.seconds
    }

    private mutating func finish(_ body: CallEnded) {
        duration = body.duration
        endedBy = body.by
        cause = body.cause
        outcome = body.outcome
        endedAt = (answeredAt ?? startedAt) + Interval(roundedSeconds: body.duration)
    }
}
