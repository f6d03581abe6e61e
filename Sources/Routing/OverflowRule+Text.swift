import Telephony

// Rules, as people write them in configurations and test calls.

extension OverflowRule {
    /// What a rule looks like, for those who wrote another.
    package static let examples =
        "'waited 120: queue night', 'length 20: number +15550123', 'closed: voicemail', 'waited 60: callback' or 'nobody: dialog'"

    /// Reads `waited 120: dialog`, `length 20: number +15550123`, `nobody: queue night`, `closed: voicemail`.
    ///
    /// - Returns: `nil` for what is no rule.
    package init?(reading text: String) {
        let halves = text.split(separator: ":", maxSplits: 1).map { $0.split(separator: " ").map(String.init) }
        guard halves.count == 2, let condition = OverflowCondition(halves[0]), let target = OverflowTarget(halves[1])
        else { return nil }
        self.init(when: condition, goTo: target)
    }
}

extension OverflowCondition {
    fileprivate init?(_ words: [String]) {
        switch (words.first, words.count) {
        case ("waited", 2):
            guard let seconds = Int64(words[1]), (1...86_400).contains(seconds) else { return nil }
            self = .waited(.seconds(seconds))
        case ("length", 2):
            guard let length = Int(words[1]), length > 0 else { return nil }
            self = .length(length)
        case ("nobody", 1): self = .nobodyOnDuty
        case ("closed", 1): self = .closed
        default: return nil
        }
    }
}

extension OverflowTarget {
    fileprivate init?(_ words: [String]) {
        switch (words.first, words.count) {
        case ("dialog", 1): self = .dialog
        case ("voicemail", 1): self = .voicemail
        case ("callback", 1): self = .callBackOffer
        case ("number", 2):
            guard words[1] == NumberPool.target || OutboundTarget(words[1]) != nil else { return nil }
            self = .number(words[1])
        case ("queue", 2): self = .queue(QueueID(words[1]))
        default: return nil
        }
    }
}

extension Skill {
    /// Reads `billing`, or `billing 7` for one who knows it well.
    ///
    /// - Returns: `nil` for what is no skill, or a level outside 1 to 10.
    package init?(reading text: String) {
        let words = text.split(separator: " ")
        let level = words.count == 2 ? Int(words[1]) : 1
        guard let name = words.first, words.count <= 2, let level, (1...10).contains(level) else { return nil }
        self.init(String(name), level: level)
    }
}
