import Routing
import Telephony

extension FuzzCases {
    /// A target of a call, as a REFER or a dialog has it: read, compared with rules, written and read again. The same
    /// octets as a rule.
    static func outbound(_ bytes: Span<UInt8>) {
        let text = bytes.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        for plan in [NumberingPlan(), NumberingPlan(countryCode: "44")] {
            guard let target = OutboundTarget(text, plan: plan) else { continue }
            precondition(
                OutboundTarget(target.description)?.description == target.description,
                "what is dialled reads as itself")
        }
        guard let pattern = TargetPattern(text) else { return }
        var rules = OutboundRules()
        rules.allowed = [pattern]
        rules.trunks = [OutboundTrunk(name: "t", numberShown: "")]
        var policy = OutboundPolicy(rules)
        _ = policy.request(text, caller: text, trunk: "t", at: .zero)
    }

    /// Operations on a directory, two octets each: what, and on whom.
    static func directory(_ bytes: Span<UInt8>) {
        let agents = (0..<4).map {
            AgentProfile(
                id: AgentID("\($0)"), name: "", address: $0 == 0 ? .registered("p") : .uri("sip:x"), queues: ["q", "r"])
        }
        var queue = QueueProfile(id: "q", name: "")
        queue.wrapUp = .seconds(2)
        queue.overflow = [OverflowRule(when: .waited(.seconds(9)), goTo: .queue("r"))]
        queue.announcements = WaitAnnouncements(after: .seconds(1), every: .seconds(3))
        var other = queue
        other.id = "r"
        other.overflow = [OverflowRule(when: .waited(.seconds(9)), goTo: .callBackOffer)]
        var directory = Directory(agents: agents, queues: [queue, other], at: .zero)
        var now = Instant.zero
        var offers: [OfferID] = []
        var callBacks: [CallBackID] = []
        for index in stride(from: 0, to: bytes.count - 1, by: 2) {
            let who = Int(bytes[index + 1])
            now += .milliseconds(Int64(who) * 20)
            let call = CallID("\(who % 16)")
            let agent = AgentID("\(who % 4)")
            switch bytes[index] % 12 {
            case 0, 1:
                var request = QueueRequest(call: call, queue: who % 2 == 0 ? "q" : "r")
                // One that comes back has waited before.
                if bytes[index] > 127 { request.waited = .milliseconds(Int64(who) * 50) }
                _ = directory.enqueue(request, at: now)
            case 2: directory.callEnded(call, at: now)
            case 3: directory.setAvailable(agent, at: now)
            case 4: directory.setAway(agent, reason: "", at: now)
            case 5: directory.registrationChanged(of: "p", isRegistered: who % 3 > 0, at: now)
            case 6: directory.released(agent, at: now)
            case 7: if let id = directory.acceptCallBack(call, number: "", at: now) { callBacks.append(id) }
            case 8:
                guard let id = callBacks.last else { continue }
                directory.callBackAnswered(id, as: CallID("back-\(index)"), at: now)
            case 9:
                let standing = CallBackStanding(
                    joined: now - .seconds(Int64(who)), expiry: now + .seconds(Int64(who) - 5), attempts: who % 5)
                let id = directory.takeOverCallBack(call, in: who % 2 == 0 ? "q" : "r", number: "", standing, at: now)
                if let id { callBacks.append(id) }
            case 10:
                guard let id = callBacks.last else { continue }
                switch who % 3 {
                case 0: directory.cancelCallBack(id, at: now)
                case 1: directory.callBackFailed(id, at: now)
                default: directory.postponeCallBack(id, by: .milliseconds(Int64(who)), at: now)
                }
            default:
                guard let offer = offers.last else { continue }
                directory.offerEnded(offer, as: OfferOutcome.allCases[who % 5], at: now)
            }
            while let output = directory.poll() {
                if case .offer(let offer) = output { offers.append(offer.id) }
            }
        }
    }
}
