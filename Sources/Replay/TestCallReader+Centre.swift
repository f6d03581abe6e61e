import CallFlow
import Distribution
import Documents
import Routing
import Telephony
import Yams

// Queues, other callers and the outside router of a test call.

extension TestCallReader {
    /// The contact centre; `nil` where the document has neither queues nor router.
    mutating func centre(_ map: inout MappingReader, _ people: [TestParty]) -> TestCentre? {
        let nodes = map.list("queues")
        let router = map.value("router")
        guard !nodes.isEmpty || router != nil else {
            if people.contains(where: { !$0.queues.isEmpty }) {
                map.complain("a person has 'queues', and there are none")
            }
            return nil
        }
        var centre = TestCentre()
        for node in nodes { queue(node, into: &centre) }
        centre.router = router.flatMap { self.router($0) }
        let names = centre.queues.map(\.id.rawValue)
        let wanted =
            people.flatMap(\.queues)
            + centre.queues.flatMap(\.overflow).compactMap { rule in
                if case .queue(let queue) = rule.target { queue.rawValue } else { nil }
            }
        for name in wanted where !names.contains(name) {
            map.complain(
                "there is no queue '\(name)'"
                    + (names.isEmpty ? "" : "; the queues are \(names.joined(separator: ", "))"))
        }
        return centre
    }

    private func queue(_ node: Node, into centre: inout TestCentre) {
        guard var map = MappingReader(node, "a queue", file: file, collector: collector) else { return }
        guard let name = map.requiredString("name") else { return }
        var profile = QueueProfile(id: QueueID(name), name: name)
        profile.skills = map.list("skills").compactMap(\.string).map { SkillRequirement($0) }
        profile.priority = map.number("priority", in: -100...100).map { Int($0) } ?? profile.priority
        profile.ringTimeout = seconds("ringTimeout", &map) ?? profile.ringTimeout
        profile.wrapUp = seconds("wrapUp", &map) ?? profile.wrapUp
        profile.restAfterRefusal = seconds("rest", &map) ?? profile.restAfterRefusal
        profile.expectedTalk = seconds("talk", &map) ?? profile.expectedTalk
        profile.maximumLength = map.number("length", in: 1...10_000).map { Int($0) } ?? profile.maximumLength
        for node in map.list("overflow") {
            if let rule = node.string.flatMap({ OverflowRule(reading: $0) }) {
                profile.overflow.append(rule)
            } else {
                map.complain("'\(node.string ?? "")' is no rule; write \(OverflowRule.examples)", at: node)
            }
        }
        for node in map.list("hours") {
            if let spans = node.string.flatMap({ WeeklyHours.Span.read($0) }) {
                profile.hours = WeeklyHours((profile.hours?.spans ?? []) + spans)
            } else {
                map.complain("'\(node.string ?? "")' are no hours; write \(WeeklyHours.examples)", at: node)
            }
        }
        var messages = WaitMessages()
        messages.music = map.string("music").map { .audioFile(path: $0) }
        messages.whisper = map.string("whisper")
        if let node = map.value("announce") { announce(node, &profile, &messages) }
        if let node = map.value("comfort") { comfort(node, &profile) }
        if let node = map.value("voicemail") { centre.voicemail[profile.id] = voicemail(node) }
        if let node = map.value("callBack") { centre.callBacks[profile.id] = callBack(node, &profile) }
        centre.others += map.list("others").compactMap { other($0, in: profile.id) }
        map.refuseOthers()
        centre.queues.append(profile)
        centre.messages[profile.id] = messages
    }

    private func announce(_ node: Node, _ profile: inout QueueProfile, _ messages: inout WaitMessages) {
        guard var map = MappingReader(node, "'announce'", file: file, collector: collector) else { return }
        profile.announcements = WaitAnnouncements(
            after: seconds("after", &map) ?? .seconds(10), every: seconds("every", &map))
        messages.announcement = map.string("text") ?? messages.announcement
        map.refuseOthers()
    }

    private func voicemail(_ node: Node) -> VoicemailTerms {
        var terms = VoicemailTerms()
        guard var map = MappingReader(node, "'voicemail'", file: file, collector: collector) else { return terms }
        terms.greeting = map.string("text") ?? terms.greeting
        terms.longest = seconds("length", &map) ?? terms.longest
        terms.silence = seconds("silence", &map) ?? terms.silence
        map.refuseOthers()
        return terms
    }

    private func callBack(_ node: Node, _ profile: inout QueueProfile) -> CallBackMessages {
        var texts = CallBackMessages()
        guard var map = MappingReader(node, "'callBack'", file: file, collector: collector) else { return texts }
        var terms = CallBackTerms()
        terms.attempts = map.number("attempts", in: 1...20).map { Int($0) } ?? terms.attempts
        terms.pause = seconds("pause", &map) ?? terms.pause
        terms.ringTimeout = seconds("ringTimeout", &map) ?? terms.ringTimeout
        terms.expiry = seconds("expiry", &map) ?? terms.expiry
        profile.callBack = terms
        texts.offer = map.string("offer") ?? texts.offer
        texts.farewell = map.string("farewell") ?? texts.farewell
        texts.greeting = map.string("greeting") ?? texts.greeting
        map.refuseOthers()
        return texts
    }

    private func comfort(_ node: Node, _ profile: inout QueueProfile) {
        guard var map = MappingReader(node, "'comfort'", file: file, collector: collector) else { return }
        let every = seconds("every", &map)
        let after = seconds("after", &map) ?? every ?? .seconds(60)
        if let text = map.requiredString("text") {
            profile.comfort = [ComfortMessage(prompt: text, after: after, every: every)]
        }
        map.refuseOthers()
    }

    private func other(_ node: Node, in queue: QueueID) -> TestCentre.OtherCaller? {
        guard var map = MappingReader(node, "another caller", file: file, collector: collector) else { return nil }
        var other = TestCentre.OtherCaller(queue: queue)
        other.joins = seconds("joins", &map) ?? other.joins
        other.talks = seconds("talks", &map) ?? other.talks
        other.patience = seconds("patience", &map)
        other.priority = map.number("priority", in: -100...100).map { Int($0) }
        map.refuseOthers()
        return other
    }

    // MARK: - The outside router

    private enum Order: String, CaseIterable {
        case first
        case last
    }

    private func router(_ node: Node) -> TestRouter? {
        guard var map = MappingReader(node, "a router", file: file, collector: collector) else { return nil }
        var router = TestRouter()
        router.terms.isAskedFirst = map.word("asked", of: Order.self) != .last
        router.terms.timeout = seconds("timeout", &map) ?? router.terms.timeout
        router.answers = map.list("answers").compactMap { routerAnswer($0) }
        if router.answers.isEmpty { map.complain("a router needs 'answers'") }
        map.refuseOthers()
        return router
    }

    private func routerAnswer(_ node: Node) -> TestRouter.Answer? {
        guard var map = MappingReader(node, "an answer of the router", file: file, collector: collector) else {
            return nil
        }
        defer { map.refuseOthers() }
        let delay = seconds("delay", &map) ?? .zero
        let dial = map.string("dial")
        let refer = map.string("refer")
        let queue = map.string("queue")
        let failure = map.string("failure")
        let knowsNobody = map.boolean("nobody") == true
        if [dial != nil, refer != nil, queue != nil, failure != nil, knowsNobody].count(where: { $0 }) != 1 {
            map.complain("an answer of the router has one of dial, refer, queue, nobody, failure")
        }
        var target = RouterTarget(dial ?? refer ?? "")
        target.headers = map.members("headers").map { (name: $0.name, value: $0.value.string ?? "") }
        target.userToUser = map.string("userToUser")
        target.ringTimeout = seconds("ringTimeout", &map)
        target.whisper = map.string("whisper")
        let skills = map.list("skills").compactMap(\.string)
        let priority = map.number("priority", in: -100...100).map { Int($0) }
        let outcome = map.word("outcome", of: ReferralOutcome.self) ?? .completed
        let reply: RouterReply =
            if let failure {
                .failed(failure)
            } else if let queue {
                .answered(.queue(QueueWish(name: queue, skills: skills, priority: priority)))
            } else if knowsNobody {
                .answered(.nobody)
            } else {
                .answered(refer == nil ? .dial(target) : .refer(target))
            }
        return TestRouter.Answer(reply, delay: delay, referral: outcome.outcome)
    }

    /// How a REFER fares.
    private enum ReferralOutcome: String, CaseIterable {
        case completed
        case busy
        case noAnswer
        case refused
        case failed
        /// No NOTIFY ever comes.
        case silence

        var outcome: TransferOutcome? { TransferOutcome(rawValue: rawValue) }
    }
}
