import Admin
import Foundation
import Records
import Telephony
import Testing

/// What is read of calls that are being handed over, before they are sealed.
@Suite("Handed contexts")
struct HandedContextTests {
    private final class Clock: @unchecked Sendable { var now = WallTime(millisecondsSince1970: 1_772_450_000_000) }

    private struct Bench {
        let folder: String
        let store: SQLiteStore
        let handed = HandedContexts()
        let links = ContextLinks()
        let clock = Clock()
        let api: AdminAPI

        init() throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "parley-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            store = try SQLiteStore(path: folder + "/s.sqlite", creates: true)
            var sources = AdminAPI.Sources(store: store, archive: nil, calls: LiveCalls(), recorder: nil)
            sources.handed = handed
            sources.leaseholder = { $0 == "+15550700" ? "running" : nil }
            api = AdminAPI(
                sources, holder: { $0 == "token" ? "crm" : nil }, links: links, clock: { [clock] in clock.now })
            var context = CallContext(call: "running")
            context.from = "+15550100"
            context.variables["Topic.Pin"] = DisclosableText("4711", isSensitive: true)
            handed.set(context)
        }

        func ask(_ path: String, _ query: [String: String] = [:], token: String? = "token") -> (Int, String) {
            let answer = api.answer(to: AdminAPI.Request("GET", path, query: query, token: token))
            guard case .octets(let octets) = answer.body else { return (answer.status, "") }
            return (answer.status, String(decoding: octets, as: UTF8.self))
        }

        func remove() { try? FileManager.default.removeItem(atPath: folder) }
    }

    @Test(
        "a link reads the context of a running call until it expires; a forged one reads nothing; each reading is noted"
    )
    func links() throws {
        let bench = try Bench()
        defer { bench.remove() }
        let path = bench.links.path(of: "running", until: bench.clock.now + .seconds(300))
        let components = try #require(URLComponents(string: path))
        var query: [String: String] = [:]
        for item in components.queryItems ?? [] { query[item.name] = item.value ?? "" }
        let (status, text) = bench.ask(components.path, query, token: nil)
        #expect(status == 200 && text.contains("+15550100") && !text.contains("4711"))
        var forged = query
        forged["signature"] = String((query["signature"] ?? "").reversed())
        #expect(bench.ask(components.path, forged, token: nil).0 == 403)
        var longer = query
        longer["expires"] = "9999999999999"
        #expect(bench.ask(components.path, longer, token: nil).0 == 403)
        #expect(bench.ask("/v1/contexts/other", query, token: nil).0 == 403)
        bench.clock.now = bench.clock.now + .seconds(300)
        #expect(bench.ask(components.path, query, token: nil).0 == 403)
        #expect(try bench.store.auditTrail().compactMap(\.action).map(\.who) == ["link"])
    }

    @Test("a link reads a call that runs on another node, where both sign with one key and share the store")
    func otherNode() throws {
        let bench = try Bench()
        defer { bench.remove() }
        let keyFile = bench.folder + "/links.key"
        try "0123456789abcdef0123456789abcdef".write(toFile: keyFile, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keyFile)
        let (one, other) = (
            ContextLinks(try ContextLinks.read("file:" + keyFile)),
            ContextLinks(try ContextLinks.read("file:" + keyFile))
        )
        // What the other node's call has left in the store so far; nobody has handed it over here.
        var batch = RecordBatch(now: bench.clock.now)
        batch.facts = [
            CallEvent(
                at: .zero, call: "elsewhere",
                body: .callStarted(
                    .init(from: "+15550177", to: "+15550199", agent: "desk", codec: "PCMU", startedAt: bench.clock.now))
            ),
            CallEvent(
                at: .seconds(3), call: "elsewhere",
                body: .variableSet(.init(variable: "Global.Reason", value: .open("\"bill\"")))),
        ]
        try bench.store.write(batch)
        let api = AdminAPI(
            AdminAPI.Sources(
                store: try SQLiteStore(path: bench.folder + "/s.sqlite"), archive: nil, calls: LiveCalls(),
                recorder: nil), holder: { _ in nil }, links: one, clock: { bench.clock.now })
        func read(_ links: ContextLinks) throws -> (Int, String) {
            let path = links.path(of: "elsewhere", until: bench.clock.now + .seconds(300))
            let components = try #require(URLComponents(string: path))
            let query = (components.queryItems ?? []).reduce(into: [:]) { $0[$1.name] = $1.value ?? "" }
            let answer = api.answer(to: AdminAPI.Request("GET", components.path, query: query))
            guard case .octets(let octets) = answer.body else { return (answer.status, "") }
            return (answer.status, String(decoding: octets, as: UTF8.self))
        }
        let (status, text) = try read(other)
        #expect(status == 200 && text.contains("+15550177") && text.contains("Global.Reason"), "\(text)")
        // A node with a key of its own is none of them.
        #expect(try read(bench.links).0 == 403)
    }

    @Test("the number that is leased for a call names its context, to who has a token")
    func numbers() throws {
        let bench = try Bench()
        defer { bench.remove() }
        #expect(bench.ask("/v1/numbers/+15550700/context").1.contains("+15550100"))
        #expect(bench.ask("/v1/numbers/+15550701/context").0 == 404)
        #expect(bench.ask("/v1/numbers/+15550700/context", token: nil).0 == 401)
        #expect(try bench.store.auditTrail().compactMap(\.action).map(\.who) == ["crm"])
    }

    @Test("a call that is over is among the records or nowhere, and no more contexts are held than may be")
    func ends() throws {
        let bench = try Bench()
        defer { bench.remove() }
        bench.handed.remove("running")
        #expect(bench.ask("/v1/contexts/running").0 == 404)
        let few = HandedContexts(limit: 2)
        for call in ["a", "b", "c"] { few.set(CallContext(call: CallID(call))) }
        #expect(few.context(of: "a") == nil && few.context(of: "b") != nil && few.context(of: "c") != nil)
    }
}
