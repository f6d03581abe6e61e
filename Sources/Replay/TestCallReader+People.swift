import Documents
import Telephony
import Yams

// The people of a test call: who is called when the caller is handed over, and what they do.

extension TestCallReader {
    mutating func people(_ map: inout MappingReader) -> [TestParty] {
        let people = map.list("people").compactMap { party($0) }
        let names = people.map(\.name)
        for person in people {
            for case .command(let command) in person.script.map(\.action) {
                guard let name = command.name, !names.contains(name) else { continue }
                map.complain("\(person.name) does something with '\(name)', who is none of 'people'")
            }
        }
        if Set(names).count < names.count { map.complain("two of 'people' have the same name") }
        return people
    }

    /// What the caller does when Parley calls back.
    mutating func callBacks(_ map: inout MappingReader) -> [TestParty] {
        map.list("callBacks").enumerated().compactMap { index, node in
            guard var map = MappingReader(node, "a call-back", file: file, collector: collector) else { return nil }
            return party("caller-\(index + 1)", .caller, &map)
        }
    }

    private mutating func party(_ node: Node) -> TestParty? {
        guard var map = MappingReader(node, "a person", file: file, collector: collector) else { return nil }
        guard let name = map.requiredString("name") else { return nil }
        return party(name, .agent, &map)
    }

    private mutating func party(_ name: String, _ role: LegRole, _ map: inout MappingReader) -> TestParty {
        var party = TestParty(name: name, role: role)
        if role == .caller {
            readAnswer(&map, into: &party)
            if let codec = map.word("codec", of: CodecChoice.self) { party.codec = codec }
            party.crosses = map.boolean("crosses") ?? false
            party.script = map.list("does").compactMap { step($0, isCaller: true) }
            map.refuseOthers()
            return party
        }
        if let role = map.word("role", of: LegRole.self) {
            if role == .caller { map.complain("a person is no caller; the caller's steps stand under 'caller'") }
            party.role = role
        }
        readAnswer(&map, into: &party)
        party.ringTimeout = seconds("ringTimeout", &map)
        if let codec = map.word("codec", of: CodecChoice.self) { party.codec = codec }
        party.whisper = map.string("whisper")
        party.skills = map.list("skills").compactMap(\.string)
        party.queues = map.list("queues").compactMap(\.string)
        party.crosses = map.boolean("crosses") ?? false
        party.leaves = seconds("leaves", &map)
        party.returns = seconds("returns", &map)
        party.script = map.list("does").compactMap { step($0, isCaller: false) }
        map.refuseOthers()
        return party
    }

    private func readAnswer(_ map: inout MappingReader, into party: inout TestParty) {
        let answers = seconds("answers", &map)
        let declines = map.word("declines", of: Decline.self)
        let ignores = map.boolean("ignores") == true
        if [answers != nil, declines != nil, ignores].count(where: { $0 }) > 1 {
            map.complain("a person does one of answers, declines, ignores")
        }
        if let answers { party.after = answers }
        if let declines { party.answer = .declines(declines.reason, declines.rule) }
        if ignores { party.answer = .ignores }
    }

    private enum Decline: String, CaseIterable {
        case busy
        case refused
        case failed
        /// Nobody may be called there, because nobody is on the list, or by another rule.
        case notAllowed
        case denied, callerLimit, dayLimit, trunkDayLimit, concurrentLimit, trunkConcurrentLimit

        var reason: LegEndReason {
            switch self {
            case .busy: .busy
            case .refused: .refused
            case .failed: .failed
            case .notAllowed, .denied, .callerLimit, .dayLimit, .trunkDayLimit, .concurrentLimit,
                .trunkConcurrentLimit:
                .notAllowed
            }
        }

        var rule: OutboundRefusal? { self == .notAllowed ? .notListed : OutboundRefusal(rawValue: rawValue) }
    }

    /// A step in which the caller asks by REFER that another take the caller's place.
    func referral(_ map: inout MappingReader) -> CallerStep.Action? {
        map.string("refer").map { .command(.refer($0)) }
    }

    /// A step in which a person does something with the call.
    func command(_ map: inout MappingReader) -> CallerStep.Action? {
        let named: [(String, (String) -> PartyCommand)] = [
            ("consult", { .consult($0) }), ("transfer", { .transfer($0) }), ("refer", { .refer($0) }),
            ("pullIn", { .pullIn($0) }), ("letListen", { .monitor($0) }), ("letWhisper", { .whisper($0) }),
            ("letSpeak", { .bargeIn($0) }), ("giveTo", { .takeOver($0) }),
        ]
        for (key, make) in named {
            if let name = map.string(key) { return .command(make(name)) }
        }
        let plain: [(String, PartyCommand)] = [
            ("complete", .complete), ("swap", .swap), ("conference", .conference), ("back", .back),
            ("holdCaller", .holdCaller), ("resumeCaller", .resumeCaller), ("mute", .mute), ("unmute", .unmute),
        ]
        for (key, command) in plain where map.boolean(key) == true { return .command(command) }
        return nil
    }
}
