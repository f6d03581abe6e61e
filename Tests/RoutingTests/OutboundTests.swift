import Routing
import Telephony
import Testing

@Suite("Outbound policy")
struct OutboundTests {
    @Test(
        "numbers come into one form, or are none",
        arguments: [
            ("+44 20 7946-0000", "+442079460000"), ("0044 (20) 7946.0000", "+442079460000"),
            ("020 7946 0000", "+442079460000"), ("112", "112"), ("1234", "1234"), ("+442079460000", "+442079460000"),
            ("+44 (0)20 7946 0000", nil), ("+0 123 456", nil), ("", nil), ("+", nil), ("0800-FLOWERS", nil),
            ("*21*123#", nil), ("12+34", nil), ("++44123", nil), ("(12", nil), ("()12", nil),
            ("+1234567890123456", nil),
            ("٤٤٢٠", nil), ("12,34", nil), ("+44\u{a0}20", nil),
        ])
    func numbers(text: String, expected: String?) {
        #expect(PhoneNumber(text, plan: NumberingPlan(countryCode: "44"))?.description == expected)
    }

    @Test(
        "targets come into one form, or are none",
        arguments: [
            ("tel:+44-20-7946-0000", "+442079460000"), ("sip:Alice@Example.COM", "sip:Alice@example.com"),
            ("SIPS:a@h.example:5061;transport=TLS", "sips:a@h.example:5061;transport=tls"),
            ("sip:%2B44207946@gw.example;user=phone", "sip:+44207946@gw.example;user=phone"),
            ("sip:[2001:db8::1]:5060", "sip:[2001:db8::1]:5060"), ("sip:example.com", "sip:example.com"),
            ("sip:a@b@example.com", nil), ("sip:a%40evil.example@example.com", nil), ("sip:a:pw@example.com", nil),
            ("sip:a@example.com?Route=sip:evil.example", nil), ("sip:a@example.com;maddr=10.0.0.1", nil),
            ("sip:a@example.com;lr", nil), ("sip:a@example.com.", nil), ("sip:a@-example.com", nil),
            ("sip:a@example.com:0", nil), ("sip:a@example.com:99999", nil), ("sip:a@[::1", nil),
            ("sip:@example.com", nil),
            ("sip:a;phone-context=x@example.com", nil), ("tel:123;phone-context=evil.example", nil), ("http://x", nil),
            ("sip:a\r\nRoute: <x>@example.com", nil), ("sip:a%0d%0a@example.com", nil), ("", nil), ("sip:", nil),
            ("mailto:a@example.com", nil), ("sip:a%2@example.com", nil), ("sip:a%ff@example.com", nil),
        ])
    func targets(text: String, expected: String?) {
        #expect(OutboundTarget(text)?.description == expected)
    }

    private static func rules(_ allowed: [String], denied: [String] = []) -> OutboundRules {
        var rules = OutboundRules()
        rules.allowed = allowed.compactMap { TargetPattern($0) }
        rules.denied = denied.compactMap { TargetPattern($0) }
        rules.trunks = [OutboundTrunk(name: "t", numberShown: "+442079469999")]
        return rules
    }

    private static func refusal(_ target: String, _ rules: OutboundRules) -> OutboundRefusal? {
        var policy = OutboundPolicy(rules)
        if case .refused(let reason) = policy.request(target, caller: nil, trunk: "t", at: .zero) { return reason }
        return nil
    }

    @Test("without rules nobody is called")
    func empty() {
        for target in ["+442079460000", "sip:a@example.com", "112"] {
            #expect(Self.refusal(target, Self.rules([])) == .notListed)
        }
    }

    @Test("exact numbers, prefixes, URIs and hosts are allowed; what is denied wins")
    func lists() {
        let rules = Self.rules(
            ["+4420*", "+15550100", "sip:alice@example.com", "*@gw.example", "*@alt.example:5080"],
            denied: ["+4420900*", "sip:mallory@gw.example"])
        let cases: [(String, OutboundRefusal?)] = [
            ("+44 20 7946 0000", nil), ("004420 7946 0000", nil), ("+15550100", nil), ("+155501001", .notListed),
            ("+44209001234", .denied), ("sip:+44209001234@gw.example", .denied),
            ("sip:+4420900*1x@gw.example", .denied), ("+33123456789", .notListed),
            ("sip:alice@example.com;transport=tcp", nil), ("sip:ALICE@example.com", .notListed),
            ("sip:alice@example.com:5070", .notListed), ("sip:anyone@gw.example", nil),
            ("sip:anyone@gw.example.evil.example", .notListed), ("sip:anyone@gw.example:5099", .notListed),
            ("sip:x@alt.example:5080", nil), ("sip:x@alt.example", .notListed),
            ("sip:+442079460000@evil.example", .notListed), ("sip:mallory@gw.example", .denied),
            ("sip:mallory@gw.example:1", .denied), ("4420 7946 0000", .notListed), ("nonsense", .malformed),
        ]
        for (target, expected) in cases {
            #expect(Self.refusal(target, rules) == expected, "\(target)")
        }
    }

    @Test("patterns that are no pattern are refused", arguments: ["*", "+*", "sip:*", "*@", "*@a@b", "abc*", "00*"])
    func patterns(text: String) {
        #expect(TargetPattern(text) == nil)
    }

    @Test("other rules hold at once, and what was counted before counts on")
    func otherRules() {
        var rules = Self.rules(["+44*"])
        rules.trunks = [OutboundTrunk(name: "a", numberShown: "+441")]
        rules.perCaller = 2
        var policy = OutboundPolicy(rules)
        func isAllowed(_ target: String) -> Bool {
            if case .allowed = policy.request(target, caller: "+441111", trunk: "a", at: .zero) { true } else { false }
        }
        #expect(isAllowed("+442079460000"))
        #expect(!isAllowed("+12125550100"))
        rules.allowed += [TargetPattern("+1*")].compactMap { $0 }
        policy.take(rules)
        #expect(isAllowed("+12125550100"))
        #expect(!isAllowed("+442079460000"))
        rules.perCaller = 3
        policy.take(rules)
        #expect(isAllowed("+442079460000"))
        #expect(policy.count == 3)
    }

    @Test("calls are counted by caller, day, trunk and at once; a day is the last 24 hours")
    func limits() {
        var rules = Self.rules(["+44*"])
        rules.trunks = [
            OutboundTrunk(name: "a", numberShown: "+441", concurrent: 2, perDay: 4),
            OutboundTrunk(name: "b", numberShown: "+442"),
        ]
        rules.perCaller = 2
        rules.perDay = 6
        rules.concurrent = 3
        var policy = OutboundPolicy(rules)
        var permits: [UInt64] = []
        func ask(_ caller: String?, _ trunk: String, at hour: Int64) -> OutboundRefusal? {
            switch policy.request("+442079460000", caller: caller, trunk: trunk, at: .zero + .seconds(hour * 3_600)) {
            case .allowed(let permit):
                permits.append(permit.id)
                #expect(permit.numberShown == (trunk == "a" ? "+441" : "+442"))
                return nil
            case .refused(let reason): return reason
            }
        }
        #expect(ask("+441111", "a", at: 0) == nil)
        #expect(ask("00441111", "a", at: 1) == nil)
        #expect(ask("+441111", "b", at: 1) == .callerLimit)
        #expect(ask("2222", "a", at: 1) == .trunkConcurrentLimit)
        #expect(ask("2222", "b", at: 1) == nil)
        #expect(ask(nil, "b", at: 1) == .concurrentLimit)
        for permit in permits { policy.ended(permit) }
        let again = policy.ended(permits[0])
        #expect(!again)
        #expect(ask(nil, "a", at: 2) == nil)
        #expect(ask(nil, "a", at: 2) == nil)
        #expect(ask("3333", "a", at: 2) == .trunkDayLimit)
        for permit in permits { policy.ended(permit) }
        #expect(ask("3333", "b", at: 2) == nil)
        #expect(ask("4444", "b", at: 2) == .dayLimit)
        #expect(ask("4444", "c", at: 2) == .unknownTrunk)
        #expect(ask("4444", "b", at: 24) == nil)
        for permit in permits { policy.ended(permit) }
        #expect(policy.count == 0)
        for reason in OutboundRefusal.allCases { #expect(reason.description.hasSuffix(".")) }
    }

    @Test("of a hundred thousand random targets none passes that is not on the list")
    func nothingElsePasses() {
        let seed: UInt64 = 20_261_125
        var random = SeededGenerator(seed: seed)
        let rules = Self.rules(["+4420*", "+15550100", "*@gw.example"], denied: ["+4420900*"])
        var policy = OutboundPolicy(rules)
        var passed = 0
        for _ in 0..<100_000 {
            let text = Self.randomTarget(&random)
            guard case .allowed(let permit) = policy.request(text, caller: nil, trunk: "t", at: .zero) else { continue }
            passed += 1
            policy.ended(permit.id)
            let dialled = permit.target.description
            #expect(Self.mayPass(text, dialled), "seed \(seed): \(text) passed as \(dialled)")
        }
        #expect(passed > 3_000 && passed < 60_000, "\(passed) passed")
    }

    /// What the list allows, said another way, of the text as it came and of what would be dialled.
    private static func mayPass(_ text: String, _ dialled: String) -> Bool {
        let called = text.filter { $0.isASCII && $0.isNumber }
        if dialled.hasPrefix("+") {
            let number = called.hasPrefix("00") && !text.contains("+") ? String(called.dropFirst(2)) : called
            return dialled == "+" + number && !number.hasPrefix("4420900")
                && (number.hasPrefix("4420") || number == "15550100")
        }
        guard dialled.hasPrefix("sip:") || dialled.hasPrefix("sips:") else { return false }
        let address = dialled.split(separator: ";")[0].drop { $0 != ":" }.dropFirst()
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        let user = parts.count == 2 ? parts[0] : ""
        let digits = String(user.filter { $0.isASCII && $0.isNumber })
        let isForbidden =
            user.first.map { "+0123456789*(".contains($0) } ?? false
            && ["4420900", "004420900"].contains { digits.hasPrefix($0) }
            && (user.contains("+") || digits.hasPrefix("00"))
        return parts.count <= 2 && parts.last == "gw.example" && !isForbidden
            && text.lowercased().contains("gw.example")
    }

    private static func randomTarget(_ random: inout SeededGenerator) -> String {
        func pick(_ parts: [String]) -> String { parts[Int(random.next() % UInt64(parts.count))] }
        let number = { (random: inout SeededGenerator) -> String in
            var text = ["+4420", "+4420900", "004420", "+1555010", "+44 (20)", "4420", "+", "00", "+33", "+44(0)20"][
                Int(random.next() % 10)]
            for _ in 0..<random.next() % 9 {
                text += ["0", "1", "7", "9", "-", " ", ".", "(", ")", "x", "٤"][Int(random.next() % 11)]
            }
            return text
        }
        var text: String
        switch random.next() % 4 {
        case 0: text = number(&random)
        case 1: text = "tel:" + number(&random)
        default:
            text = pick(["sip:", "sips:", "SIP:", "sip:sip:", ""])
            text += pick(["alice", number(&random), "%2B44209001", "a%40b", "a@b", "a;x=y", "a:b", ""])
            text += pick(["@", "@", "@", "", "%40"])
            text += pick([
                "gw.example", "GW.Example", "gw.example.", "gw.example.evil", "evil.gw.example", "gw.example:5080",
                "evil", "[::1]", "gw.example@evil",
            ])
            text += pick(["", "", ";user=phone", ";maddr=evil", "?Route=evil", ";transport=tcp", "#gw.example"])
        }
        // Sometimes an octet is something else.
        if random.next() % 5 == 0, !text.isEmpty {
            var octets = Array(text.utf8)
            octets[Int(random.next() % UInt64(octets.count))] = UInt8(truncatingIfNeeded: random.next() & 0x7F)
            text = String(decoding: octets, as: UTF8.self)
        }
        return text
    }
}
