import CallControl
import CallFlow
import Telephony

/// Where callers go whom the dialog hands over.
struct HandoverRoutes: Sendable {
    private let agents: String?
    private let ringTimeout: Interval

    init(_ configuration: ServiceConfiguration.Outbound) {
        agents = configuration.agents
        ringTimeout = configuration.ringTimeout
    }

    /// The route, or the outcome where there is none.
    func answer(to request: TransferRequest) -> SwitchboardInput.Reply {
        let isForAgent = request.kind == .agent
        guard let target = isForAgent ? agents : request.target.disclosed, !target.isEmpty else {
            return .transferEnded(.failed)
        }
        var plan = DialPlan(isForAgent ? .agent : .outsideNumber, target: target)
        plan.ringTimeout = ringTimeout
        plan.ringback = .farEnd
        plan.userToUser = request.userToUser?.disclosed.map { String($0.prefix(HandoverRoutes.longestKey)) }
        plan.headers = request.headers.prefix(HandoverRoutes.mostHeaders).compactMap { header in
            guard header.name.lowercased().hasPrefix("x-"), header.name.count <= 64, let value = header.value.disclosed
            else { return nil }
            return (header.name, String(value.prefix(256)))
        }
        plan.dtmfSequence = request.dtmfSequence
        return .routed(.dial(plan))
    }

    /// Characters of User-to-User, and fields beside it, that far ends take.
    private static let longestKey = 128
    private static let mostHeaders = 5
}

extension DisclosableText {
    /// The text, unless it is secret: then it is in no header and nobody is dialled by it.
    fileprivate var disclosed: String? {
        if case .open(let text) = self { text } else { nil }
    }
}
