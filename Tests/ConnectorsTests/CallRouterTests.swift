import CallFlow
import ConnectorDoubles
import Connectors
import Foundation
import Records
import Telephony
import Testing

/// What the outside router is asked, and what of its answers is taken.
@Suite("Outside router")
struct CallRouterTests {
    private static func inquiry(message: DisclosableText = .open("a bill")) -> RouterInquiry {
        var transfer = TransferRequest(
            kind: .agent, target: .open(""), messageToAgent: message, variables: [], userToUser: nil, headers: [],
            dtmfSequence: "")
        transfer.queue = QueueWish(name: "billing", skills: ["german"], priority: 5)
        return RouterInquiry(number: 1, call: CallID("a"), transfer: transfer, context: SampleCalls.context("a"))
    }

    private static func ask(_ double: RouterDouble, _ faults: Faults = Faults()) async -> RouterReply {
        let router = CallRouter(
            url: "https://crm.example/route", headers: [("Authorization", Redacted("Bearer s3cret"))],
            transport: DoubleTransport(double, faults: faults) { SampleCalls.start })
        return await router.answer(to: inquiry())
    }

    private static func reply(to json: String, status: Int = 200) async -> RouterReply {
        await ask(RouterDouble([ConnectorAnswer(status: status, body: Data(json.utf8))]))
    }

    @Test("The request has the wish and the context, authenticates itself, and the target comes back whole")
    func target() async throws {
        let double = RouterDouble(
            [
                ConnectorAnswer(
                    status: 200,
                    body: Data(
                        #"""
                        {"target": "+15550166", "headers": {"X-Case": "17", "X-Account": "9"}, "userToUser": "k9",
                         "ringSeconds": 12, "whisper": "gold customer"}
                        """#.utf8))
            ], token: "Bearer s3cret")
        guard case .answered(.dial(let target)) = await CallRouterTests.ask(double) else {
            Issue.record("no target")
            return
        }
        #expect(target.target == "+15550166" && target.userToUser == "k9" && target.whisper == "gold customer")
        #expect(target.headers.map(\.name) == ["X-Account", "X-Case"] && target.ringTimeout == .seconds(12))
        let body = try #require(double.bodies.first)
        #expect(body["wish"]?["queue"] == .string("billing") && body["wish"]?["priority"] == .number(5))
        #expect(body["wish"]?["message"] == .string("a bill") && double.refused == 0)
    }

    @Test("Nothing secret leaves")
    func secrets() async {
        let double = RouterDouble([])
        let router = CallRouter(
            url: "https://crm.example/route", transport: DoubleTransport(double) { SampleCalls.start })
        _ = await router.answer(to: CallRouterTests.inquiry(message: DisclosableText("pin 4711", isSensitive: true)))
        #expect(!double.octets.isEmpty)
        for octets in double.octets { #expect(!String(decoding: octets, as: UTF8.self).contains("4711")) }
    }

    @Test("REFER, a queue, and nobody are answers too")
    func others() async {
        guard case .answered(.refer) = await CallRouterTests.reply(to: #"{"target": "+1", "refer": true}"#) else {
            Issue.record("no REFER")
            return
        }
        let queue = #"{"queue": "night", "skills": ["german"], "priority": -3}"#
        guard case .answered(.queue(let wish)) = await CallRouterTests.reply(to: queue) else {
            Issue.record("no queue")
            return
        }
        #expect(wish == QueueWish(name: "night", skills: ["german"], priority: -3))
        for (json, status) in [("", 204), ("{}", 200)] {
            guard case .answered(.nobody) = await CallRouterTests.reply(to: json, status: status) else {
                Issue.record("somebody")
                return
            }
        }
    }

    @Test(
        "What is not as documented is refused with its reason",
        arguments: [
            ("nothing", 200, "no JSON object"), ("[]", 200, "no JSON object"), (#"{"target": 5}"#, 200, "'target'"),
            (#"{"target": ""}"#, 200, "'target'"), (#"{"target": "+1", "refer": 1}"#, 200, "'refer'"),
            (#"{"target": "+1", "headers": {"Via": "x"}}"#, 200, "no name of an X- header"),
            (#"{"target": "+1", "headers": {"X-A": "a\r\nVia: b"}}"#, 200, "characters that no header may have"),
            (#"{"target": "+1", "headers": {"X-A": 1}}"#, 200, "'headers'"),
            (#"{"target": "+1", "headers": ["X-A"]}"#, 200, "'headers'"),
            (#"{"target": "+1", "ringSeconds": 0}"#, 200, "'ringSeconds'"),
            (#"{"target": "+1", "ringSeconds": 1e300}"#, 200, "'ringSeconds'"),
            (#"{"queue": "a", "priority": 1.5}"#, 200, "'priority'"), (#"{"tagret": "+1"}"#, 200, "tagret"),
            ("{}", 500, "answered 500"), ("{}", 302, "answered 302"),
        ])
    func refused(json: String, status: Int, reason: String) async {
        guard case .failed(let why) = await CallRouterTests.reply(to: json, status: status) else {
            Issue.record("it was taken")
            return
        }
        #expect(why.contains(reason))
    }

    @Test("A router that cannot be reached has failed")
    func down() async {
        var faults = Faults()
        faults.lostRequest = 1
        guard case .failed = await CallRouterTests.ask(RouterDouble([]), faults) else {
            Issue.record("it answered")
            return
        }
    }

    @Test("Over a socket: a router that answers is heard, one that is slow is given up in its time")
    func socket() async throws {
        let answer = ConnectorAnswer(status: 200, body: Data(#"{"target": "+15550166"}"#.utf8))
        let double = RouterDouble([answer])
        let server = try await DoubleServer(double) { _ in double.bodies.isEmpty ? nil : 20_000 }
        func ask(within timeout: Interval) async -> RouterReply {
            await CallRouter(url: "http://127.0.0.1:\(server.port)/route", timeout: timeout).answer(
                to: CallRouterTests.inquiry())
        }
        guard case .answered(.dial) = await ask(within: .seconds(30)) else {
            Issue.record("no target")
            return
        }
        guard case .failed = await ask(within: .milliseconds(200)) else {
            Issue.record("an answer")
            return
        }
    }

    @Test("Whatever octets come, something comes of them", arguments: 1...4 as ClosedRange<UInt64>)
    func noise(seed: UInt64) async {
        let whole = Array(
            #"{"target":"+15550166","refer":false,"headers":{"X-A":"1"},"ringSeconds":12,"priority":3}"#.utf8)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            var octets = whole
            for _ in 0...generator.next() % 4 {
                octets[Int(generator.next() % UInt64(octets.count))] = UInt8(truncatingIfNeeded: generator.next())
            }
            let answer = ConnectorAnswer(status: 200, body: Data(octets))
            let reply = await CallRouterTests.ask(RouterDouble([answer]))
            if case .answered(.dial(let target)) = reply { #expect(target.problem == nil) }
        }
    }

    @Test("The document is checked: address, order, time and headers")
    func document() throws {
        func read(_ text: String) throws -> ConnectorFile.Reading {
            let path = FileManager.default.temporaryDirectory.appending(path: "router-\(UUID().uuidString).yaml").path
            try Data(text.utf8).write(to: URL(filePath: path))
            defer { try? FileManager.default.removeItem(atPath: path) }
            return ConnectorFile.read(path)
        }
        let good = try read("router:\n  url: https://crm.example/route\n  asked: last\n  within: 0.5\n")
        #expect(good.router?.isAskedFirst == false && good.router?.timeout == .milliseconds(500))
        for bad in [
            "router:\n  url: http://crm.example/route\n", "router:\n  asked: first\n",
            "router:\n  url: https://crm.example\n  within: 99\n", "router:\n  url: https://crm.example\n  order: 1\n",
            "router:\n  url: https://crm.example\n  headers:\n    Authorization: env:NOT_THERE_AT_ALL\n",
        ] {
            let reading = try read(bad)
            #expect(reading.router == nil && !reading.diagnostics.isEmpty)
        }
    }
}
