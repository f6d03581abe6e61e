import Admin
import Foundation
import Records
import Telephony
import Testing

/// Who may read what over HTTP, and what is noted of it.
@Suite("HTTP interface")
struct AdminAPITests {
    private static let token = "0123456789abcdef0123456789abcdef"

    private struct Bench {
        let store: SQLiteStore
        let api: AdminAPI
        let folder: String

        init(
            _ clock: @escaping @Sendable () -> WallTime = WallTime.current, controls: CallControls? = nil
        ) throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "parley-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            store = try SQLiteStore(path: folder + "/s.sqlite", creates: true)
            let secret = folder + "/token"
            try Data(token.utf8).write(to: URL(filePath: secret))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: secret)
            // A call is up where there is something to lead it with.
            let calls = LiveCalls()
            if controls != nil, let start = Bench.facts.first { calls.happened(start) }
            let sources = AdminAPI.Sources(
                store: store, archive: nil, calls: calls, recorder: nil, controls: controls)
            let tokens = try AccessTokens([("crm", "file:" + secret)])
            api = AdminAPI(sources, holder: { tokens.holder(of: $0) }, clock: clock)
            try store.write(RecordBatch(facts: Bench.facts, sealed: [Bench.context], now: clock()))
        }

        static let facts: [CallEvent] = [
            CallEvent(
                at: .zero, call: "call-1",
                body: .callStarted(
                    CallStarted(
                        from: "+15550100", to: "+15550199", agent: "riverbend", codec: "PCMU",
                        startedAt: WallTime(millisecondsSince1970: 1_772_443_800_000)))),
            CallEvent(at: .seconds(1), call: "call-1", body: .topicEnded(TopicEnded(topic: "Start"))),
            CallEvent(
                at: .seconds(2), call: "call-1",
                body: .callEnded(
                    CallEnded(by: .caller, cause: .normalClearing, outcome: .abandoned, duration: 2))),
        ]

        static var context: CallContext {
            var context = CallContext(call: "call-1")
            for fact in facts { context.record(fact) }
            return context
        }

        func ask(
            _ path: String, _ query: [String: String] = [:], method: String = "GET", token: String? = token,
            lastEventID: Int64? = nil, from user: String? = nil
        ) -> AdminAPI.Answer {
            api.answer(
                to: AdminAPI.Request(method, path, query: query, token: token, lastEventID: lastEventID), from: user)
        }

        func remove() { try? FileManager.default.removeItem(atPath: folder) }
    }

    private static func text(_ answer: AdminAPI.Answer) -> String {
        guard case .octets(let octets) = answer.body else { return "" }
        return String(decoding: octets, as: UTF8.self)
    }

    @Test("nothing is told without a token, with a wrong one, or with a part of one")
    func needsToken() throws {
        let bench = try Bench()
        defer { bench.remove() }
        for token in [nil, "", "wrong", String(AdminAPITests.token.dropLast()), AdminAPITests.token + "0"] {
            for path in [
                "/v1/contexts", "/v1/contexts/call-1", "/v1/contexts/call-1/recording", "/v1/facts", "/v1/calls",
            ] {
                let answer = bench.ask(path, token: token)
                #expect(answer.status == 401)
                #expect(!AdminAPITests.text(answer).contains("15550100"))
            }
        }
        #expect(try bench.store.auditTrail().isEmpty)
    }

    @Test("each reading is in the audit log with its reader")
    func audits() throws {
        let bench = try Bench()
        defer { bench.remove() }
        #expect(AdminAPITests.text(bench.ask("/v1/contexts")).contains("call-1"))
        #expect(AdminAPITests.text(bench.ask("/v1/contexts/call-1")).contains("+15550100"))
        #expect(bench.ask("/v1/contexts/call-1", ["format": "vcon"]).mediaType == "application/vcon+json")
        #expect(bench.ask("/v1/contexts/call-1", token: nil, from: "socket").status == 200)
        #expect(bench.ask("/v1/contexts/call-1/recording").status == 404)
        #expect(bench.ask("/v1/contexts/call-2").status == 404)
        let actions = try bench.store.auditTrail().compactMap(\.action)
        #expect(actions.map(\.kind) == [.list, .show, .export, .show])
        #expect(actions.map(\.who) == ["crm", "crm", "crm", "socket"])
        #expect(actions.allSatisfy { $0.calls == ["call-1"] })
    }

    /// Grants or refuses every wish, and counts what becomes of those that were granted.
    private final class Controls: @unchecked Sendable {
        var problem: String?
        private(set) var performed = 0
        private(set) var abandoned = 0

        var asControls: CallControls {
            CallControls(
                judge: { _, _ in
                    if let problem = self.problem { return .refused(problem) }
                    return .granted(perform: { self.performed += 1 }, abandon: { self.abandoned += 1 })
                }, agents: { [] }, queues: { [] }, setAway: { _, _ in false })
        }
    }

    private static let wishes: [(name: String, query: [String: String], detail: String)] = [
        ("listen", ["to": "+15550123"], "listen"), ("pull-in", ["to": "eva"], "pull-in"),
        ("whisper", ["leg": "2", "to": "1"], "whisper, leg 2 to leg 1"), ("barge-in", ["leg": "2"], "barge-in, leg 2"),
        ("take-over", ["leg": "2"], "take-over, leg 2"),
    ]

    @Test("who listens, whispers or takes over is in the audit log with whether that was granted or refused")
    func refusedWishes() throws {
        let controls = Controls()
        let bench = try Bench(controls: controls.asControls)
        defer { bench.remove() }
        for problem in [nil, "'+15550123' may not be called"] {
            controls.problem = problem
            for wish in AdminAPITests.wishes {
                let answer = bench.ask("/v1/calls/call-1/\(wish.name)", wish.query, method: "POST")
                #expect(answer.status == (problem == nil ? 202 : 409), "\(AdminAPITests.text(answer))")
            }
        }
        let actions = try bench.store.auditTrail().compactMap(\.action)
        let count = AdminAPITests.wishes.count
        let kinds: [AuditAction.Kind] = [.listen, .pullIn, .whisper, .bargeIn, .takeOver]
        #expect(actions.map(\.kind) == kinds + kinds)
        #expect(actions.prefix(count).allSatisfy { $0.outcome == .granted })
        #expect(actions.suffix(count).allSatisfy { $0.outcome == .refused })
        #expect(actions.map(\.detail) == AdminAPITests.wishes.map(\.detail) + AdminAPITests.wishes.map(\.detail))
        #expect(controls.performed == count && controls.abandoned == 0)
        // What leads a call and lets nobody hear it is in no audit log.
        controls.problem = nil
        #expect(bench.ask("/v1/calls/call-1/hold", method: "POST").status == 202)
        #expect(try bench.store.auditTrail().count == 2 * count)
    }

    @Test("what is no filter, method or page is refused in a sentence")
    func refuses() throws {
        let bench = try Bench()
        defer { bench.remove() }
        #expect(bench.ask("/v1/contexts", ["limit": "0"]).status == 400)
        #expect(bench.ask("/v1/contexts", ["outcome": "nice"]).status == 400)
        #expect(bench.ask("/v1/contexts", ["since": "yesterday"]).status == 400)
        #expect(bench.ask("/v1/contexts/call-1", method: "DELETE").status == 405)
        #expect(bench.ask("/v1/nothing").status == 404)
        #expect(bench.ask("/").status == 404)
        #expect(bench.ask("/v1/contexts", ["outcome": "resolvedImplied"]).status == 200)
    }

    @Test("a link reads one context without a token, until its time is over, and no other")
    func links() throws {
        final class Clock: @unchecked Sendable { var now = WallTime(millisecondsSince1970: 1_772_450_000_000) }
        let clock = Clock()
        let bench = try Bench { clock.now }
        defer { bench.remove() }
        let made = bench.ask("/v1/contexts/call-1/link", ["seconds": "60"], method: "POST")
        #expect(made.status == 201)
        let path = try #require(
            try JSONDecoder().decode([String: String].self, from: Data(AdminAPITests.text(made).utf8))["path"])
        let components = try #require(URLComponents(string: path))
        let items = components.queryItems ?? []
        let query = Dictionary(uniqueKeysWithValues: items.map { ($0.name, $0.value ?? "") })
        #expect(bench.ask(components.path, query, token: nil).status == 200)
        #expect(bench.ask("/v1/contexts/call-2", query, token: nil).status == 403)
        var later = query
        later["expires"] = "9999999999999"
        #expect(bench.ask(components.path, later, token: nil).status == 403)
        var broken = query
        broken["signature"] = "00"
        #expect(bench.ask(components.path, broken, token: nil).status == 403)
        clock.now = clock.now + .seconds(60)
        #expect(bench.ask(components.path, query, token: nil).status == 403)
        #expect(try bench.store.auditTrail().compactMap(\.action).map(\.who) == ["crm", "link"])
    }

    @Test("a subscriber who comes back has every fact once")
    func resumes() throws {
        let bench = try Bench()
        defer { bench.remove() }
        func facts(_ answer: AdminAPI.Answer) throws -> String? {
            guard case .facts(var subscription) = answer.body else { return nil }
            return try subscription.next()
        }
        #expect(try facts(bench.ask("/v1/facts")) == nil)
        let all = try #require(try facts(bench.ask("/v1/facts", ["after": "0"])))
        #expect(
            all.split(separator: "\n").filter { $0.hasPrefix("event: ") } == [
                "event: callStarted", "event: topicEnded", "event: callEnded",
            ])
        let rest = try #require(try facts(bench.ask("/v1/facts", lastEventID: 1)))
        #expect(rest.hasPrefix("id: 2\nevent: topicEnded\ndata: {"))
        let one = try #require(try facts(bench.ask("/v1/facts", ["after": "0", "event": "callEnded"])))
        #expect(one.split(separator: "\n").count { $0.hasPrefix("id: ") } == 1)
        #expect(try facts(bench.ask("/v1/facts", ["after": "0", "call": "call-2"])) == "")
    }
}

@Suite("Metrics")
struct MetricsTests {
    @Test("counts are in the text format, with every case that there is, and nobody's number")
    func text() {
        let metrics = CallMetrics()
        metrics.happened(
            CallEvent(
                at: .zero, call: "call-1",
                body: .callStarted(
                    CallStarted(
                        from: "+15550100", to: "+15550199", agent: "riverbend", codec: "PCMU",
                        startedAt: WallTime(millisecondsSince1970: 0)))))
        metrics.happened(
            CallEvent(
                at: .zero, call: "call-1",
                body: .failure(Failure(code: "odd\"\\code\n", message: "x", topic: "T", action: "a"))))
        metrics.happened(
            CallEvent(
                at: .seconds(20), call: "call-1",
                body: .callEnded(
                    CallEnded(by: .caller, cause: .normalClearing, outcome: .abandoned, duration: 20))))
        var text = PrometheusText()
        metrics.write(to: &text)
        let lines = text.text.split(separator: "\n").map(String.init)
        for line in [
            "# TYPE parley_calls_started_total counter", "parley_calls_started_total 1", "parley_calls_running 0",
            "parley_calls_ended_total{outcome=\"abandoned\"} 1", "parley_calls_ended_total{outcome=\"failed\"} 0",
            "parley_dialog_failures_total{code=\"odd\\\"\\\\code\\n\"} 1",
            "parley_call_duration_seconds_bucket{le=\"15\"} 0", "parley_call_duration_seconds_bucket{le=\"30\"} 1",
            "parley_call_duration_seconds_bucket{le=\"+Inf\"} 1", "parley_call_duration_seconds_sum 20",
            "parley_call_duration_seconds_count 1",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
        #expect(!text.text.contains("1555"))
    }
}
