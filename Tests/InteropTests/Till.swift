import AudioFiles
import ConnectorDoubles
import Connectors
import DSP
import Foundation
import Records
import Speech
import Synchronization
import Telephony
import Testing

/// A service that charges a card by telephone, with everything switched on that there is to be connected, and callers who
/// press and say what only the bank may know.
final class Till {
    enum Kind: String, CaseIterable {
        case facts, log, store, webhook, factsWebhook, serverSentEvents, interface, command, trace, metrics, agentsPhone
        case caller, recording, promptCache, folder

        /// Whether what is no secret must be found there.
        var holdsWhatIsOpen: Bool {
            switch self {
            case .facts, .store, .webhook, .factsWebhook, .serverSentEvents, .interface, .command, .agentsPhone,
                .folder:
                true
            // Neither log nor trace nor metrics say what was pressed, secret or not, and what one caller is told is not
            // kept for the next. Audio is searched by the detector.
            case .log, .trace, .metrics, .caller, .recording, .promptCache: false
            }
        }
    }

    struct Place {
        var kind: Kind
        var name: String
        var octets: Data
        /// Whether other tests write there too, whose keys are no secrets.
        var isOthers = false
    }

    /// What of the secret is in a place.
    func secret(in place: Place) -> String? {
        search.find(in: place.octets) ?? (place.isOthers ? nil : search.findKey(in: place.octets))
    }

    /// What the bank was asked; it takes all.
    private final class Bank: SystemDouble {
        let bodies = Mutex<[Data]>([])

        func answer(_ request: ConnectorRequest, at now: WallTime) -> ConnectorAnswer {
            bodies.withLock { $0.append(request.body) }
            return ConnectorAnswer(
                status: 200, headers: [("Content-Type", "application/json")], body: Data(#"{"paid":true}"#.utf8))
        }
    }

    let search: SecretSearch
    private let variation: LiveSecretsTests.Variation
    private let bench: Bench
    private let store: String
    private let hook = WebhookDouble(secret: "s3cret")
    private let factsHook = WebhookDouble(secret: nil)
    private let bank = Bank()
    private let phone: AnsweringPhone
    private let callers: [LineCaller]
    private var servers: [DoubleServer] = []
    private var service: RunningProgram?
    private var events: RunningProgram?

    private init(_ variation: LiveSecretsTests.Variation, attempt: Int) throws {
        self.variation = variation
        // The server of PostgreSQL has both kinds of calls in the same files.
        let digits = variation.isSensitive ? "8264097315846203" : "7395108426937150"
        search = SecretSearch(digits: digits, words: ["walrus", "purple"])
        bench = try Bench()
        phone = try AnsweringPhone()
        callers = try LineCaller.Keys.allCases.map { try LineCaller($0, target: UInt16(variation.port)) }
        store =
            try variation.isShared
            ? PostgresServer.shared?.makeDatabase("secrets_\(variation.name)_\(attempt)") ?? "" : "s.sqlite"
    }

    deinit { phone.end() }

    /// Whether a caller's tones or words were broken by the machine that the test runs on.
    private var isBroken: Bool { callers.contains { $0.latenessInMilliseconds > 40 } }

    /// What the bank was asked.
    var paid: [Data] { bank.bodies.withLock { $0 } }

    // MARK: - Opening

    /// A till that has taken its calls. Where the machine had no time for the callers, so that they broke their own tones,
    /// the calls tell nothing and are made again, with another till.
    static func called(_ variation: LiveSecretsTests.Variation) async throws -> Till {
        var attempt = 1
        while true {
            let till = try await open(variation, attempt: attempt)
            try await till.takeCalls()
            guard till.isBroken, attempt < 4 else { return till }
            print("\(variation.name): the machine held up a caller in the middle of a key; the calls are made again")
            try await till.stop()
            attempt += 1
        }
    }

    /// Opens a till that takes calls.
    private static func open(_ variation: LiveSecretsTests.Variation, attempt: Int) async throws -> Till {
        let till = try Till(variation, attempt: attempt)
        till.servers = try await [DoubleServer(till.hook), DoubleServer(till.factsHook), DoubleServer(till.bank)]
        try till.writeFiles()
        try await till.run(
            "/usr/bin/openssl",
            ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
                + ["-subj", "/CN=localhost", "-keyout", "api.key", "-out", "api.pem"], "certificate")
        till.service = try till.bench.start(
            Bench.parley, ["serve", "--config", "parley.yaml", "--json", "--story"], output: "service.log",
            environment: Till.secrets(till.bench))
        let isUp = try await till.bench.wait { till.bench.read("service.log").contains("https://") }
        try #require(isUp, "\(till.bench.read("service.log"))")
        till.events = try till.bench.start(
            "/usr/bin/curl", ["-skN", "-H", "Authorization: Bearer \(token)", till.interface + "/v1/facts"],
            output: "events.log")
        till.phone.begin(peer: UInt16(variation.port))
        return till
    }

    private static let token = "a-token-that-nobody-guesses"
    private var interface: String { "https://127.0.0.1:\(variation.port + 1)" }
    private var watched: String { "http://127.0.0.1:\(variation.port + 2)" }

    private static func secrets(_ bench: Bench) -> [String: String] {
        [
            "KEY": String(repeating: "5a", count: 32), "HOOK": "s3cret", "TOKEN": token,
            "XDG_CACHE_HOME": bench.folder.appending(path: "cache").path, "HOME": bench.folder.path,
        ]
    }

    private func writeFiles() throws {
        try bench.write("agent/agent.mcs.yml", "displayName: till\n")
        try bench.write("agent/topics/Start.mcs.yml", topic(bank: servers[2].url))
        try bench.write(
            "connectors.yaml",
            """
            connectors:
              - { name: hook, kind: webhook, url: "\(servers[0].url)/calls", format: vcon, secret: "env:HOOK" }
              - name: mapped
                kind: webhook
                url: \(servers[0].url)/mapped
                format: json
                secret: env:HOOK
                fields: { summary: =Global.Summary, told: =Context.transcript }
              - { name: files, kind: folder, folder: spool }
            facts:
              - { name: live, url: "\(servers[1].url)/facts" }

            """)
        let first = 22_000 + (variation.port - 26_000) * 2
        try bench.write(
            "parley.yaml",
            """
            agents: {till: agent}
            media: {address: 127.0.0.1, ports: \(first)-\(first + 19)}
            store: "\(store)"
            connectors: connectors.yaml
            recordings: {folder: recordings, key: "env:KEY"}
            log: {level: trace, format: \(variation.isShared ? "json" : "text")}
            outbound: {allowed: ["+1555*"], agents: "+15550123"}
            limits: {lateness-milliseconds: 0}
            admin:
                address: 127.0.0.1:\(variation.port + 2)
                socket: admin.sock
                api: {address: "127.0.0.1:\(variation.port + 1)", certificate: api.pem, key: api.key, tokens: {crm: "env:TOKEN"}}
            trunks:
                line:
                    listen: ["udp:127.0.0.1:\(variation.port)"]
                    allow: [127.0.0.1]
                    gateways: ["udp:127.0.0.1:\(phone.signalling.port)"]
                    number-shown: "+15550100"
                    headers: {out: {X-Parley-Call: "{call}"}}
                    otherwise: till

            """)
    }

    // MARK: - Calls

    /// The callers give a card's number and secret words, are charged, told so, and handed over; then they hang up.
    private func takeCalls() async throws {
        let words = try Synthesizer.speak("purple walrus", voice: .slt).resampled(to: 8_000).samples
        for caller in callers {
            caller.begin([
                .wait(happened("promptEnded", times: 1)), .pause(milliseconds: 300), .press(search.digits),
                .wait(happened("promptEnded", times: 2)), .pause(milliseconds: 300), .speak(words), .press("1"),
                .wait(happened("legAnswered", times: 1)), .pause(milliseconds: 600),
            ])
        }
        for caller in callers { await caller.end() }
        let isSent = try await bench.wait { hook.bodies.count == 3 && isTold("callEnded") }
        #expect(isSent || isBroken, "\(bench.read("service.log").suffix(3_000))")
    }

    /// Whether subscribers have been told of something in every call.
    private func isTold(_ event: String) -> Bool {
        let last = Data("\"\(event)\"".utf8)
        return factsHook.octets.count { $0.range(of: last) != nil } >= 3
    }

    /// Whether a fact of a call was printed so often.
    private func happened(_ event: String, times: Int) -> @Sendable (String) -> Bool {
        let file = bench.folder.appending(path: "service.log")
        return { call in
            guard !call.isEmpty, let text = try? String(contentsOf: file, encoding: .utf8) else { return false }
            let lines = text.split(separator: "\n").filter {
                $0.hasPrefix("{") && $0.contains("\"\(call)\"") && $0.contains("\"event\":\"\(event)\"")
            }
            return lines.count >= times
        }
    }

    // MARK: - Questions

    private func run(_ program: String, _ arguments: [String], _ name: String) async throws {
        let process = try bench.start(
            program, arguments, output: "asked/" + name, environment: Till.secrets(bench))
        #expect(try await process.end() == 0, "\(name): \(bench.read("asked/" + name).suffix(500))")
    }

    /// Asks for everything that can be asked for while the service runs.
    func askEverything() async throws {
        for page in ["metrics", "readyz", "healthz"] {
            try await run("/usr/bin/curl", ["-s", "\(watched)/\(page)"], "metrics-\(page)")
        }
        var pages = ["calls", "contexts"]
        for call in callers.map(\.call) {
            #expect(!call.isEmpty)
            pages += ["contexts/\(call)", "contexts/\(call)?format=vcon", "calls/\(call)/trace", "calls/\(call)/pcap"]
            for form in [["--json"], ["--pcap", "\(call).pcap"], []] {
                try await run(
                    Bench.parley, ["calls", "trace", call, "--socket", "admin.sock"] + form,
                    "trace-\(call)\(form.first ?? "")")
            }
            try await askForRecording(of: call)
        }
        for page in pages {
            try await run(
                "/usr/bin/curl", curl("/v1/" + page),
                "interface-" + page.map { $0.isLetter ? String($0) : "-" }.joined())
        }
        try await askCommands()
    }

    /// A recording is there a little after the end of its call has been told.
    private func askForRecording(of call: String) async throws {
        let name = "recording-\(call).wav"
        for _ in 0..<100 {
            try await run("/usr/bin/curl", curl("/v1/contexts/\(call)/recording"), name)
            if FileManager.default.contents(atPath: bench.folder.appending(path: "asked/" + name).path)?
                .starts(with: Data("RIFF".utf8)) == true
            {
                return
            }
            try await Task.sleep(for: .milliseconds(300))
        }
        Issue.record("no recording of \(call) can be had: \(bench.read("asked/" + name).prefix(300))")
    }

    private func curl(_ path: String) -> [String] {
        ["-sk", "-H", "Authorization: Bearer \(Till.token)", interface + path]
    }

    private func askCommands() async throws {
        for format in ["vcon", "json", "csv"] {
            try await run(
                Bench.parley,
                ["contexts", "export", "--store", store, "--format", format, "--output", "asked/command-out-\(format)"]
                    + ["--record-key", "env:KEY"], "command-export-\(format)")
        }
        for (number, command) in [
            ["contexts", "list"], ["contexts", "list", "--json"], ["contexts", "list", "--csv"],
            ["contexts", "outbox"],
            ["contexts", "audit"], ["report"], ["report", "--format", "csv"],
            ["report", "--format", "html", "--output", "asked/command-report.html"],
        ].enumerated() {
            try await run(Bench.parley, command + ["--store", store], "command-\(number)")
        }
        for call in callers.map(\.call) {
            try await run(
                Bench.parley, ["contexts", "show", call, "--facts", "--store", store], "command-show-\(call)")
        }
    }

    /// Ends the service as an operator does.
    func stop() async throws {
        // What was written while it ran counts too.
        try keepStore("before")
        service?.signal(SIGTERM)
        #expect(try await service?.end() == 0)
        events?.signal(SIGTERM)
        phone.end()
        for server in servers { try await server.stop() }
    }

    private func keepStore(_ when: String) throws {
        guard !variation.isShared else { return }
        for suffix in ["", "-wal"] {
            guard
                let data = FileManager.default.contents(atPath: bench.folder.appending(path: "s.sqlite" + suffix).path)
            else { continue }
            try data.write(to: bench.folder.appending(path: "store-\(when)\(suffix)"))
        }
    }

    // MARK: - Places

    /// Everything that is searched: what is on the disk, and what came to every peer.
    func searched() throws -> [Place] {
        var places = try files()
        func add(_ kind: Kind, _ name: String, _ octets: [Data]) {
            for (index, data) in octets.enumerated() {
                places.append(Place(kind: kind, name: "\(name) \(index)", octets: data))
            }
        }
        add(.webhook, "webhook", hook.octets)
        add(.factsWebhook, "webhook of facts", factsHook.octets)
        add(.agentsPhone, "agent's phone", phone.signalling.octets + [Data(phone.media.octets.joined())])
        for caller in callers {
            add(.caller, "to the caller", caller.signalling.octets + [Data(caller.media.octets.joined())])
        }
        return places
    }

    private func files() throws -> [Place] {
        var places: [Place] = []
        for name in FileManager.default.enumerator(atPath: bench.folder.path)?.compactMap({ $0 as? String }) ?? [] {
            guard !name.hasPrefix("agent/"), let data = contents(bench.folder.path + "/" + name) else { continue }
            places.append(Place(kind: Till.kind(of: name), name: name, octets: data))
        }
        // The facts are what the service prints, the log all else that it says; both are in one file.
        let lines = bench.read("service.log").split(separator: "\n", omittingEmptySubsequences: false)
        let log = lines.filter { $0.hasPrefix("2") || $0.contains("\"level\":") }
        #expect(log.count > 5)
        places.append(Place(kind: .log, name: "the log", octets: Data(log.joined(separator: "\n").utf8)))
        guard variation.isShared, let folder = PostgresServer.shared?.dataFolder else { return places }
        for name in FileManager.default.enumerator(atPath: folder)?.compactMap({ $0 as? String }) ?? [] {
            guard name.hasPrefix("base/") || name.hasPrefix("pg_wal/"), let data = contents(folder + "/" + name) else {
                continue
            }
            places.append(Place(kind: .store, name: "PostgreSQL " + name, octets: data, isOthers: true))
        }
        return places
    }

    private func contents(_ path: String) -> Data? {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
            return nil
        }
        return FileManager.default.contents(atPath: path)
    }

    private static func kind(of name: String) -> Kind {
        let kinds: [(String, Kind)] = [
            ("service.log", .facts), ("events.log", .serverSentEvents), ("s.sqlite", .store), ("store-", .store),
            ("spool", .folder), ("recordings", .recording), ("cache", .promptCache), ("asked/metrics", .metrics),
            ("asked/trace", .trace), ("asked/recording", .recording), ("asked/interface", .interface),
            ("asked/command", .command),
        ]
        return kinds.first { name.hasPrefix($0.0) }?.1 ?? (name.hasSuffix(".pcap") ? .trace : .command)
    }

    // MARK: - Audio

    /// The facts of a call with a name, and the seconds at which they happened.
    private func times(_ event: String, of call: String) -> [Double] {
        bench.facts("service.log").filter { $0["event"] as? String == event && $0["call"] as? String == call }
            .compactMap { $0["at"] as? Double }
    }

    /// The recording of a call as the interface gives it: the caller and what the caller was told.
    private func recording(of call: String) throws -> [[Int16]] {
        try AudioFile.read(bench.folder.appending(path: "asked/recording-\(call).wav").path).channels.map(\.samples)
    }

    /// The keys that the detector hears in a recording.
    private func keys(in name: String) async throws -> Int {
        try await run(Bench.parley, ["detect", name], "detected-\(UUID().uuidString)")
        let detected = try FileManager.default.contentsOfDirectory(atPath: bench.folder.appending(path: "asked").path)
            .filter { $0.hasPrefix("detected-") }
        defer {
            for name in detected {
                try? FileManager.default.removeItem(at: bench.folder.appending(path: "asked/" + name))
            }
        }
        return detected.reduce(0) { count, name in
            count + bench.read("asked/" + name).components(separatedBy: "\"event\":\"digit\"").count - 1
        }
    }

    /// No tone of a key and no word is in any recording, nor what was read back.
    func expectSilence() async throws {
        for caller in callers {
            let call = caller.call
            #expect(try await keys(in: "asked/recording-\(call).wav") == 0)
            let channels = try recording(of: call)
            let (asked, taken) = (times("promptEnded", of: call), times("input", of: call))
            let readBack = times("promptStarted", of: call)
            try #require(channels.count == 2 && asked.count >= 3 && taken.count == 2 && readBack.count >= 3)
            for (channel, from, until) in [
                (0, asked[0], taken[0]), (0, asked[1], taken[1]), (1, readBack[2], asked[2]),
            ] {
                let range = Int(from * 8_000)..<min(Int(until * 8_000), channels[channel].count)
                let heard = range.filter { channels[channel][$0] != 0 }.map { Double($0) / 8_000 }
                #expect(
                    heard.isEmpty,
                    "\(caller.keys), \(heard.first ?? 0) to \(heard.last ?? 0) s of \(from) to \(until) s")
            }
            #expect(channels[1].contains { abs(Int($0)) > 1_000 })
        }
    }

    /// What was not secret is heard in the recordings.
    func expectTones() async throws {
        for caller in callers {
            let call = caller.call
            let heard = try await keys(in: "asked/recording-\(call).wav")
            #expect(heard == (caller.keys == .inBand ? search.digits.count + 1 : 0))
            let channels = try recording(of: call)
            let (asked, taken) = (times("promptEnded", of: call), times("input", of: call))
            try #require(asked.count >= 2 && taken.count == 2)
            let spoken = channels[0][Int(asked[1] * 8_000)..<Int(taken[1] * 8_000)]
            #expect(spoken.contains { abs(Int($0)) > 1_000 })
        }
    }

    // MARK: - The dialog

    private func topic(bank: String) -> String {
        let mark = variation.isSensitive ? "sensitivityLevel: Sensitive" : "sensitivityLevel: None"
        func question(_ name: String, _ text: String, length: Int) -> String {
            """
                - kind: Question
                  id: ask\(name)
                  variable: init:Topic.\(name)
                  alwaysPrompt: true
                  prompt:
                    speak: \(text)
                  entity:
                    kind: EmbeddedEntity
                    \(mark)
                    definition:
                      kind: StringPrebuiltEntity
                      \(mark)
                      dtmfOptions:
                        kind: FixedLengthTermination
                        length: \(length)

            """
        }
        return """
            kind: AdaptiveDialog
            beginDialog:
              kind: OnConversationStart
              id: main
              actions:
            \(question("Card", "Card number please.", length: 16))\(question("Word", "Your words please.", length: 1))
                # parley: takes Topic.Card, Topic.Word — the bank charges the card
                - kind: HttpRequestAction
                  id: pay
                  method: Post
                  url: \(bank)/charge
                  body:
                    kind: JsonRequestContent
                    content: "={card: Topic.Card, word: Topic.Word}"
                  response: Topic.Answer
                - kind: SetVariable
                  id: keep
                  variable: Global.Summary
                  value: ="Card " & Topic.Card & ", " & Topic.Word
                - kind: LogCustomTelemetryEvent
                  id: tell
                  eventName: paid
                  properties: "={card: Topic.Card}"
                - kind: SendActivity
                  id: readBack
                  activity:
                    speak: Your card is {Topic.Card}.
                - kind: TransferConversationV2
                  id: transfer
                  transferType:
                    kind: TransferToPhoneNumber
                    phoneNumber: "+15550123"
                    sipUuiHeader: =Topic.Card
                    sipxHeaders:
                      x-card: =Topic.Card
                      x-note: =Global.Summary
                - kind: EndConversation
                  id: end

            """
    }
}
