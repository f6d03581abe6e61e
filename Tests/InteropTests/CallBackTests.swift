import ConnectorDoubles
import Connectors
import Foundation
import Records
import Telephony
import Testing

/// Callers of a running service who are promised to be called back, and whom an outside router sends on. SIPp is every
/// phone that is called.
@Suite("Call-backs and routing over SIP", .serialized, .takesTurns)
struct CallBackTests {
    private static let promising =
        """
        kind: AdaptiveDialog
        beginDialog:
          kind: OnConversationStart
          id: main
          actions:
            - kind: Parley.Callback
              id: callBack
              queue: billing
              messageToAgent: a bill
            - kind: EndConversation
              id: end

        """

    /// - Parameter port: of SIP; the next even one is the phones', and media begins 100 above.
    private static func bench(_ dialog: String, port: Int, _ more: String = "") throws -> Bench {
        let bench = try Bench()
        try bench.write("desk/topics/start.mcs.yml", dialog)
        try bench.write("desk/agent.mcs.yml", "kind: GptComponentMetadata\ndisplayName: desk\n")
        try bench.write(
            "parley.yaml",
            """
            agents: {desk: desk}
            media: {address: 127.0.0.1, ports: \(port + 100)-\(port + 199)}
            limits: {drain-seconds: 1, lateness-milliseconds: 0}
            outbound: {allowed: ["+1555*"], queue: billing}
            people: {ada: {address: "+15550177", queues: [billing]}}
            queues: {billing: {name: Billing}}
            trunks:
                local:
                    listen: ["udp:127.0.0.1:\(port)"]
                    allow: [127.0.0.0/8]
                    gateways: ["udp:127.0.0.1:\(port + 2)"]
                    number-shown: "+15550199"
                    otherwise: desk
            \(more)

            """)
        return bench
    }

    /// Everybody who is called answers, and waits for the BYE.
    private static func phones(_ bench: Bench, port: Int) throws -> RunningProgram {
        try bench.start(
            "/usr/bin/sipp",
            [
                "-sn", "uas", "-i", "127.0.0.1", "-p", "\(port + 2)", "-mp", "\(port + 40)", "-trace_msg",
                "-message_file", "phones.msg", "-nostdin", "127.0.0.1",
            ], output: "phones.log")
    }

    private static func service(_ bench: Bench, _ facts: String = "facts.json") async throws -> RunningProgram {
        let service = try bench.start(
            Bench.parley, ["serve", "--config", "parley.yaml", "--json"], output: facts)
        let listens = try await bench.wait { bench.read(facts).contains("listens on") }
        try #require(listens, "\(bench.read(facts))")
        return service
    }

    private static func count(_ event: String, _ bench: Bench, _ facts: String = "facts.json") -> Int {
        bench.facts(facts).count { $0["event"] as? String == event }
    }

    private static func legsPlaced(_ facts: URL) -> Int {
        let text = (try? String(contentsOf: facts, encoding: .utf8)) ?? ""
        return text.components(separatedBy: "\"legPlaced\"").count - 1
    }

    private static func invitations(_ bench: Bench) -> [String] {
        bench.read("phones.msg").components(separatedBy: "\n").filter { $0.hasPrefix("INVITE sip:") }
    }

    @Test("a caller who was promised it is called back by the trunk, and is with the agent who was kept")
    func calledBack() async throws {
        guard Bench.has("sipp", package: "sip-tester") else { return }
        let port = 28_200
        let bench = try CallBackTests.bench(CallBackTests.promising, port: port)
        let phones = try CallBackTests.phones(bench, port: port)
        let service = try await CallBackTests.service(bench)
        let caller = try LineCaller(.telephoneEvent, target: UInt16(port))
        // The dialog hangs up.
        caller.begin([.wait { _ in false }])
        await caller.end()
        let isBridged = try await bench.wait(seconds: 90) { CallBackTests.count("legPlaced", bench) > 1 }
        #expect(isBridged, "\(bench.read("facts.json"))")
        service.signal(SIGTERM)
        #expect(try await service.end() == 0)
        let facts = bench.facts()
        let contexts = facts.filter { $0["event"] as? String == "callEnded" }.compactMap { $0["call"] as? String }
        let first = try #require(contexts.first)
        #expect(contexts == [first, first + "-callback-1"])
        let tried = try #require(facts.first { $0["event"] as? String == "callBackTried" })
        #expect(tried["promisedIn"] as? String == first && tried["outcome"] as? String == "reached")
        let outcomes = facts.filter { $0["event"] as? String == "transferEnded" }.compactMap {
            $0["outcome"] as? String
        }
        #expect(outcomes == ["callBack", "completed"])
        // Both were called by the trunk, the caller first.
        // SIPp writes what it heard when it comes to it.
        _ = try await bench.wait { CallBackTests.invitations(bench).count >= 2 }
        #expect(
            CallBackTests.invitations(bench).map { $0.prefix(23) } == [
                "INVITE sip:+15550100@12", "INVITE sip:+15550177@12",
            ])
        phones.signal(SIGTERM)
    }

    @Test(
        "a promise outlives kill -9: the next process calls the caller back; one that was erased meanwhile it does not")
    func outlives() async throws {
        guard Bench.has("sipp", package: "sip-tester") else { return }
        let port = 28_600
        let bench = try CallBackTests.bench(CallBackTests.promising, port: port, "store: parley.sqlite")
        // Nobody is there yet who could be kept for a caller.
        let whole = bench.read("parley.yaml")
        try bench.write("parley.yaml", whole.replacing("people: {ada", with: "#people: {ada"))
        let phones = try CallBackTests.phones(bench, port: port)
        let service = try await CallBackTests.service(bench)
        let store = try SQLiteStore(path: bench.folder.appending(path: "parley.sqlite").path)
        for promised in 1...2 {
            let caller = try LineCaller(.telephoneEvent, target: UInt16(port))
            caller.begin([.wait { _ in false }])
            await caller.end()
            // The promise, and that its call is over, are in the store.
            #expect(
                try await bench.wait {
                    (try? store.callBacks().count) == promised && (try? store.unsealedCalls()) == []
                }, "\(bench.read("facts.json"))")
        }
        let calls = try store.callBacks().map(\.call)
        service.signal(SIGKILL)
        _ = try await service.end()
        try store.erase([calls[0]])
        try bench.write("parley.yaml", whole)
        let next = try await CallBackTests.service(bench, "next.json")
        let isBridged = try await bench.wait(seconds: 90) { CallBackTests.count("legPlaced", bench, "next.json") > 1 }
        #expect(isBridged, "\(bench.read("next.json"))")
        next.signal(SIGTERM)
        #expect(try await next.end() == 0)
        #expect(try store.callBacks().isEmpty)
        let tried = bench.facts("next.json").filter { $0["event"] as? String == "callBackTried" }
        #expect(tried.map { $0["promisedIn"] as? String } == [calls[1].rawValue])
        #expect(tried.map { $0["outcome"] as? String } == ["reached"])
        // SIPp writes what it heard when it comes to it.
        _ = try await bench.wait { CallBackTests.invitations(bench).count >= 2 }
        #expect(
            CallBackTests.invitations(bench).map { $0.prefix(23) } == [
                "INVITE sip:+15550100@12", "INVITE sip:+15550177@12",
            ])
        phones.signal(SIGTERM)
    }

    @Test("while the store is away as a call-back is due nobody is called; once it is back the caller is, once")
    func storeAway() async throws {
        guard Bench.has("sipp", package: "sip-tester"), let server = PostgresServer.shared else { return }
        let port = 28_800
        let address = try server.makeDatabase("call_backs")
        let bench = try CallBackTests.bench(CallBackTests.promising, port: port, "store: \"\(address)\"")
        let phones = try CallBackTests.phones(bench, port: port)
        let service = try await CallBackTests.service(bench)
        let store = try PostgresStore(address)
        let caller = try LineCaller(.telephoneEvent, target: UInt16(port))
        caller.begin([.wait { _ in false }])
        await caller.end()
        #expect(try await bench.wait { (try? store.callBacks().count) == 1 }, "\(bench.read("facts.json"))")
        try server.set("call_backs", isReachable: false)
        let waits = try await bench.wait(seconds: 60) {
            bench.read("facts.json").contains("waits until the store can be reached")
        }
        #expect(waits && CallBackTests.invitations(bench).isEmpty, "\(bench.read("facts.json"))")
        try server.set("call_backs", isReachable: true)
        let isBridged = try await bench.wait(seconds: 90) { CallBackTests.count("legPlaced", bench) > 1 }
        #expect(isBridged, "\(bench.read("facts.json"))")
        service.signal(SIGTERM)
        #expect(try await service.end() == 0)
        let tried = bench.facts().filter { $0["event"] as? String == "callBackTried" }
        #expect(tried.map { $0["outcome"] as? String } == ["reached"] && tried.first?["attempt"] as? Int == 1)
        // SIPp writes what it heard when it comes to it.
        _ = try await bench.wait { CallBackTests.invitations(bench).count >= 2 }
        #expect(
            CallBackTests.invitations(bench).map { $0.prefix(23) } == [
                "INVITE sip:+15550100@12", "INVITE sip:+15550177@12",
            ])
        #expect(try PostgresStore(address).callBacks().isEmpty)
        phones.signal(SIGTERM)
    }

    @Test("an outside router sends the caller on with its headers; where it is slow or down the queue does")
    func routed() async throws {
        guard Bench.has("sipp", package: "sip-tester") else { return }
        let port = 28_400
        let double = RouterDouble([
            ConnectorAnswer(status: 200, body: Data(#"{"target": "+15550123", "headers": {"X-Case": "17"}}"#.utf8))
        ])
        // The first request is answered, and nothing is said to any other.
        let server = try await DoubleServer(double) { _ in double.bodies.count < 1 ? nil : 20_000 }
        let bench = try CallBackTests.bench(
            HandoverTests.dialog, port: port, "connectors: connectors.yaml\nstore: parley.sqlite")
        try bench.write("connectors.yaml", "router: {url: \"\(server.url)\", asked: first, within: 1}\n")
        let phones = try CallBackTests.phones(bench, port: port)
        let service = try await CallBackTests.service(bench)
        for call in 1...3 {
            if call == 3 { try await server.stop() }
            let caller = try LineCaller(.telephoneEvent, target: UInt16(port))
            let facts = bench.folder.appending(path: "facts.json")
            caller.begin([.wait { _ in CallBackTests.legsPlaced(facts) >= 2 * call }])
            await caller.end()
            #expect(try await bench.wait { CallBackTests.count("callEnded", bench) == call })
        }
        service.signal(SIGTERM)
        #expect(try await service.end() == 0)
        let called = CallBackTests.invitations(bench).map { String($0.dropFirst(11).prefix(9)) }
        #expect(called == ["+15550123", "+15550177", "+15550177"], "\(bench.read("facts.json"))")
        #expect(bench.read("phones.msg").components(separatedBy: "X-Case: 17").count == 2)
        let outcomes = bench.facts().filter { $0["event"] as? String == "transferEnded" }
            .compactMap { $0["outcome"] as? String }
        #expect(outcomes == ["completed", "completed", "completed"])
        #expect(bench.read("facts.json").components(separatedBy: "without the outside router").count == 3)
        phones.signal(SIGTERM)
    }
}
