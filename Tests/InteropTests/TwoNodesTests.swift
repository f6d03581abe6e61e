import ConnectorDoubles
import Connectors
import Foundation
import Records
import Synchronization
import Telephony
import Testing

/// Two Parleys with one database behind Kamailio, and one of them is killed while it has calls.
@Suite("Two nodes behind Kamailio", .serialized, .takesTurns)
struct TwoNodesTests {
    /// A receiver of webhooks that is away until it is not.
    private final class Receiver: SystemDouble {
        let inner = WebhookDouble(secret: nil)
        let isDown = Atomic<Bool>(true)

        func answer(_ request: ConnectorRequest, at now: WallTime) -> ConnectorAnswer {
            isDown.load(ordering: .relaxed) ? ConnectorAnswer(status: 503) : inner.answer(request, at: now)
        }
    }

    private static let proxy = Dispatcher(port: 25_060, nodes: [25_081, 25_082])

    private static func configuration(_ number: Int, store: String) -> String {
        """
        agents: {main: \(Bench.agent)}
        media: {address: 127.0.0.1, ports: \(23_400 + number * 200)-\(23_599 + number * 200)}
        store: "\(store)"
        connectors: connectors.yaml
        limits: {drain-seconds: 1, lateness-milliseconds: 0}
        trunks:
            kamailio:
                listen: ["udp:127.0.0.1:\(proxy.nodes[number])"]
                allow: [127.0.0.1]
                otherwise: main

        """
    }

    private static func connectors(_ url: String) -> String {
        """
        connectors:
          - name: hook
            kind: webhook
            url: \(url)/calls
            format: json

        """
    }

    /// A caller behind a proxy: what it sends within the call follows the route of the answer.
    private static func caller(milliseconds: Int) -> String {
        func request(_ method: String, _ uri: String, _ cseq: Int, routes: Bool, sdp: Bool) -> String {
            """
            <send><![CDATA[

            \(method) \(uri) SIP/2.0
            Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
            From: <sip:ann@[local_ip]:[local_port]>;tag=[pid]a[call_number]
            To: <sip:100@[remote_ip]:[remote_port]>[peer_tag_param]
            Call-ID: [call_id]
            CSeq: \(cseq) \(method == "BYE" ? "BYE" : method)
            Contact: <sip:ann@[local_ip]:[local_port]>
            Max-Forwards: 70
            \(routes ? "[routes]\n" : "")\(sdp ? "Content-Type: application/sdp\n" : "")Content-Length: [len]

            \(sdp ? SIPpScenario.offer() : "")
            ]]></send>

            """
        }
        return """
            <?xml version="1.0" encoding="ISO-8859-1"?>
            <scenario name="caller">
            \(request("INVITE", "sip:100@[remote_ip]:[remote_port]", 1, routes: false, sdp: true))
            <recv response="100" optional="true"/>
            <recv response="200" rrs="true"/>
            \(request("ACK", "[next_url]", 1, routes: true, sdp: false))
            <pause milliseconds="\(milliseconds)"/>
            \(request("BYE", "[next_url]", 2, routes: true, sdp: false))
            <recv response="200"/>
            </scenario>

            """
    }

    /// Calls at four a second.
    private static func callers(
        _ bench: Bench, _ name: String, count: Int, milliseconds: Int, port: Int
    ) throws -> RunningProgram {
        try bench.write("\(name).xml", caller(milliseconds: milliseconds))
        return try bench.start(
            "/usr/bin/sipp",
            [
                "-sf", "\(name).xml", "-i", "127.0.0.1", "-p", "\(port)", "-mp", "\(port + 1_000)", "-m", "\(count)",
                "-r", "4", "-nostdin", "127.0.0.1:\(proxy.port)",
            ], output: "\(name).log")
    }

    private static func start(_ bench: Bench) async throws -> (nodes: [RunningProgram], proxy: RunningProgram) {
        let nodes = try ["one", "two"].map {
            try bench.start(Bench.parley, ["serve", "--config", "\($0).yaml", "--json"], output: "\($0).log")
        }
        let proxy = try TwoNodesTests.proxy.start(in: bench)
        let isUp = try await bench.wait {
            ["one.log", "two.log"].allSatisfy { bench.read($0).contains("listens on") }
        }
        try #require(isUp, "\(bench.read("one.log")) \(bench.read("two.log"))")
        // Time for the proxy to ask both whether they are there.
        try await Task.sleep(for: .seconds(2))
        return (nodes, proxy)
    }

    /// The calls that a node told of, and those of them that it saw the end of.
    private static func calls(_ bench: Bench, _ log: String) -> (begun: Set<String>, ended: Set<String>) {
        let facts = bench.facts(log)
        func names(_ event: String) -> Set<String> {
            Set(facts.filter { $0["event"] as? String == event }.compactMap { $0["call"] as? String })
        }
        return (names("callStarted"), names("callEnded"))
    }

    @Test("a killed node's calls end as interrupted, new ones go to the other, and each context is there and sent once")
    func killed() async throws {
        guard Bench.has("sipp", package: "sip-tester"), Bench.has("kamailio", package: "kamailio"),
            let server = PostgresServer.shared
        else { return }
        let bench = try Bench()
        let address = try server.makeDatabase("two_nodes")
        let receiver = Receiver()
        let http = try await DoubleServer(receiver)
        try bench.write("connectors.yaml", TwoNodesTests.connectors(http.url))
        for (number, name) in ["one", "two"].enumerated() {
            try bench.write("\(name).yaml", TwoNodesTests.configuration(number, store: address))
        }
        let (nodes, proxy) = try await TwoNodesTests.start(bench)

        // Calls that are over, whose contexts wait for the receiver; then calls that run when their node dies.
        let short = try TwoNodesTests.callers(bench, "short", count: 6, milliseconds: 300, port: 25_100)
        #expect(
            try await short.end() == 0, "\(bench.read("short.log").suffix(2_000)) \(bench.read("kamailio.log"))")
        let long = try TwoNodesTests.callers(bench, "long", count: 12, milliseconds: 7_000, port: 25_200)
        try await Task.sleep(for: .seconds(5))
        nodes[0].signal(SIGKILL)
        receiver.isDown.store(false, ordering: .relaxed)
        let late = try TwoNodesTests.callers(bench, "late", count: 8, milliseconds: 500, port: 25_300)
        #expect(
            try await late.end() == 0, "\(bench.read("late.log").suffix(2_000)) \(bench.read("kamailio.log"))")
        _ = try await long.end()

        let isSent = try await bench.wait(seconds: 60) { receiver.inner.bodies.count >= 26 }
        #expect(isSent)
        nodes[1].signal(SIGTERM)
        #expect(try await nodes[1].end() == 0)
        proxy.signal(SIGTERM)
        #expect(try await proxy.end() != nil)
        try TwoNodesTests.verify(bench, try PostgresStore(address), receiver.inner)
        try await http.stop()
    }

    private static func verify(_ bench: Bench, _ store: PostgresStore, _ receiver: WebhookDouble) throws {
        let (one, two) = (calls(bench, "one.log"), calls(bench, "two.log"))
        let cutOff = one.begun.subtracting(one.ended)
        #expect(cutOff.count >= 4 && one.begun.count + two.begun.count == 26)
        var filter = ContextFilter()
        filter.limit = nil
        let contexts = try store.contexts(filter)
        #expect(contexts.count == 26)
        #expect(Set(contexts.map(\.call.rawValue)) == one.begun.union(two.begun))
        let interrupted = contexts.filter { $0.failures.contains { $0.code == "interrupted" } }
        #expect(Set(interrupted.map(\.call.rawValue)) == cutOff)
        #expect(interrupted.allSatisfy { $0.outcome == .failed && $0.endedAt != nil })
        #expect(bench.read("two.log").contains("another node is gone: \(cutOff.count) calls of it"))
        // Each of them was sent under its key, those that the dead node had in hand too.
        #expect(Set(receiver.bodies.keys) == Set(contexts.map { "\($0.call):ended" }))
        let entries = try store.deliveries(DeliveryFilter())
        #expect(entries.count == 26 && entries.allSatisfy { $0.state == .sent })
    }
}
