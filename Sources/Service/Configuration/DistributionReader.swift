import CallFlow
import Distribution
import Foundation
import Routing
import Telephony

/// Reads people and queues of a configuration.
struct DistributionReader {
    private let values: ConfigurationValues
    private let folder: URL

    init(_ values: ConfigurationValues, folder: URL) {
        self.values = values
        self.folder = folder
    }

    func read() -> DistributionConfiguration {
        var configuration = DistributionConfiguration()
        for name in values.names(under: ["queues"]) {
            let (profile, messages) = queue(name)
            configuration.queues.append(profile)
            configuration.messages[profile.id] = messages
            configuration.voicemail[profile.id] = voicemail(name)
            configuration.callBacks[profile.id] = callBackMessages(name)
        }
        configuration.agents = values.names(under: ["people"]).compactMap { person($0) }
        configuration.experts = values.names(under: ["experts"]).compactMap { expert($0) }
        configuration.keepsRecordings = values.text(["recordings", "folder"]) != nil
        configuration.agentsTarget = values.text(["outbound", "agents"])
        if let queue = values.text(["outbound", "queue"]) {
            configuration.defaultQueue = QueueID(queue)
            check(queue, at: ["outbound", "queue"])
        }
        if let seconds = values.number(["outbound", "ring-seconds"]) {
            configuration.ringTimeout = .seconds(Int64(seconds))
        }
        return configuration
    }

    // MARK: - People

    private func person(_ name: String) -> AgentProfile? {
        let path = ["people", name]
        guard let text = values.text(path + ["address"]) else {
            // A name with nothing under it is nobody yet.
            if values.names(under: path).isEmpty { return nil }
            values.complain(path, "a person needs an 'address': a number, a SIP URI, or phone:USER@HOST that registers")
            return nil
        }
        let queues = values.texts(path + ["queues"]) ?? []
        for queue in queues { check(queue, at: path + ["queues"]) }
        return AgentProfile(
            id: AgentID(name), name: values.text(path + ["name"]) ?? name, address: address(text, path),
            skills: (values.texts(path + ["skills"]) ?? []).compactMap { skill($0, path + ["skills"]) },
            queues: queues.map { QueueID($0) })
    }

    private func expert(_ name: String) -> ExpertProfile? {
        let path = ["experts", name]
        guard let text = values.text(path + ["address"]) else {
            if values.names(under: path).isEmpty { return nil }
            values.complain(
                path, "an expert needs an 'address': a number, a SIP URI, or phone:USER@HOST that registers")
            return nil
        }
        return ExpertProfile(
            id: ExpertID(name), name: values.text(path + ["name"]) ?? name,
            skills: (values.texts(path + ["skills"]) ?? []).compactMap { skill($0, path + ["skills"]) },
            hours: hours(path + ["hours"]), address: address(text, path))
    }

    /// `Mon-Fri 08:00-18:00`, one span of days and times each.
    private func hours(_ path: [String]) -> WeeklyHours? {
        guard let texts = values.texts(path), !texts.isEmpty else { return nil }
        let spans = texts.flatMap { text -> [WeeklyHours.Span] in
            guard let spans = WeeklyHours.Span.read(text) else {
                values.complain(
                    path, "'\(text)' are no hours; write them as \(WeeklyHours.examples)")
                return []
            }
            return spans
        }
        return WeeklyHours(spans, offsetInMinutes: TimeZone.current.secondsFromGMT() / 60)
    }

    private func address(_ text: String, _ path: [String]) -> AgentAddress {
        if text.hasPrefix("phone:") {
            let address = String(text.dropFirst("phone:".count))
            if address.split(separator: "@").count != 2 {
                values.complain(path + ["address"], "'\(text)' is no phone; write it as phone:ada@example.com")
            }
            return .registered(address)
        }
        if OutboundTarget(text) == nil {
            values.complain(
                path + ["address"], "'\(text)' is no number, SIP URI or phone; write +15550123 or sip:ada@example.com")
        }
        return .uri(text)
    }

    private func skill(_ text: String, _ path: [String]) -> Skill? {
        let skill = Skill(reading: text)
        if skill == nil {
            values.complain(
                path, "'\(text)' is no skill; write it as 'billing' or 'billing 7', with a level from 1 to 10")
        }
        return skill
    }

    private func check(_ queue: String, at path: [String]) {
        let known = values.names(under: ["queues"])
        guard !known.contains(queue) else { return }
        values.complain(
            path,
            "there is no queue '\(queue)'"
                + (known.isEmpty ? "; add it under 'queues'" : "; the queues are \(known.joined(separator: ", "))"))
    }

    // MARK: - Queues

    private func queue(_ name: String) -> (QueueProfile, WaitMessages) {
        let path = ["queues", name]
        func seconds(_ key: String) -> Interval? { values.number(path + [key]).map { .seconds(Int64($0)) } }
        var profile = QueueProfile(id: QueueID(name), name: values.text(path + ["name"]) ?? name)
        profile.skills = (values.texts(path + ["skills"]) ?? []).map { SkillRequirement($0) }
        profile.priority = values.number(path + ["priority"]) ?? profile.priority
        profile.ringTimeout = seconds("ring-seconds") ?? profile.ringTimeout
        profile.wrapUp = seconds("wrap-up-seconds") ?? profile.wrapUp
        profile.restAfterRefusal = seconds("rest-seconds") ?? profile.restAfterRefusal
        profile.maximumLength = values.number(path + ["length"]) ?? profile.maximumLength
        profile.expectedTalk = seconds("talk-seconds") ?? profile.expectedTalk
        profile.overflow = (values.texts(path + ["overflow"]) ?? []).compactMap { rule($0, path + ["overflow"]) }
        profile.hours = hours(path + ["hours"])
        profile.callBack = callBackTerms(path + ["callback"])
        if let after = number(path + ["announce", "after-seconds"]) {
            profile.announcements = WaitAnnouncements(
                after: after, every: number(path + ["announce", "every-seconds"]))
        }
        var messages = WaitMessages()
        messages.language = values.text(path + ["language"]) ?? messages.language
        messages.announcement = values.text(path + ["announce", "text"]) ?? messages.announcement
        messages.whisper = values.text(path + ["whisper"])
        messages.music = values.text(path + ["music"]).map { music in
            .serviceFile(path: URL(filePath: music, relativeTo: folder).standardizedFileURL.path)
        }
        if let text = values.text(path + ["comfort", "text"]) {
            let every = number(path + ["comfort", "every-seconds"])
            profile.comfort = [ComfortMessage(prompt: text, after: every ?? .seconds(60), every: every)]
        }
        return (profile, messages)
    }

    private func voicemail(_ name: String) -> VoicemailTerms {
        let path = ["queues", name, "voicemail"]
        var terms = VoicemailTerms()
        terms.greeting = values.text(path + ["text"]) ?? terms.greeting
        terms.longest = number(path + ["length-seconds"]) ?? terms.longest
        terms.silence = number(path + ["silence-seconds"]) ?? terms.silence
        return terms
    }

    private func callBackTerms(_ path: [String]) -> CallBackTerms {
        var terms = CallBackTerms()
        terms.attempts = values.number(path + ["attempts"]) ?? terms.attempts
        terms.pause = number(path + ["pause-seconds"]) ?? terms.pause
        terms.ringTimeout = number(path + ["ring-seconds"]) ?? terms.ringTimeout
        terms.expiry = number(path + ["expiry-seconds"]) ?? terms.expiry
        return terms
    }

    private func callBackMessages(_ name: String) -> CallBackMessages {
        let path = ["queues", name, "callback"]
        var texts = CallBackMessages()
        texts.offer = values.text(path + ["offer"]) ?? texts.offer
        texts.farewell = values.text(path + ["farewell"]) ?? texts.farewell
        texts.greeting = values.text(path + ["greeting"]) ?? texts.greeting
        texts.apology = values.text(path + ["apology"]) ?? texts.apology
        return texts
    }

    private func number(_ path: [String]) -> Interval? { values.number(path).map { .seconds(Int64($0)) } }

    private func rule(_ text: String, _ path: [String]) -> OverflowRule? {
        guard let rule = OverflowRule(reading: text) else {
            values.complain(path, "'\(text)' is no rule; write it as \(OverflowRule.examples)")
            return nil
        }
        if case .queue(let queue) = rule.target { check(queue.rawValue, at: path) }
        if case .closed = rule.condition, (values.texts(path.dropLast() + ["hours"]) ?? []).isEmpty {
            values.complain(path, "a queue without 'hours' is never closed; add them, such as \(WeeklyHours.examples)")
        }
        if case .callBackOffer = rule.target, (values.texts(["outbound", "allowed"]) ?? []).isEmpty {
            values.complain(path, "a call-back calls a number, and nobody may be called; set outbound.allowed")
        }
        if case .voicemail = rule.target, values.text(["recordings", "folder"]) == nil {
            values.complain(path, "a voicemail is kept as a recording, and nothing is recorded; set recordings.folder")
        }
        return rule
    }
}
