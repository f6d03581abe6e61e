import CallControl
import Distribution
import Documents
import Foundation
import RTP
import Routing
import SIP
import Service
import Telephony
import Testing

@Suite("The configuration of a service")
struct ServiceConfigurationTests {
    private static let small = """
        agents:
            main: agent
        trunks:
            acme:
                listen: ["udp:192.0.2.1:5060"]
                allow: [203.0.113.0/24]
                otherwise: main

        """

    private static func read(
        _ text: String, environment: [String: String] = [:], flags: [String: String] = [:]
    ) async throws -> ServiceConfiguration.Reading {
        let folder = try TemporaryFolder()
        let file = try folder.write("parley.yaml", text)
        return await ServiceConfiguration.read(file, environment: environment, flags: flags)
    }

    @Test("a small file is enough")
    func small() async throws {
        let reading = try await ServiceConfigurationTests.read(ServiceConfigurationTests.small)
        #expect(reading.diagnostics.isEmpty)
        let configuration = try #require(reading.configuration)
        let trunk = try #require(configuration.trunks.first)
        #expect(trunk.name == "acme" && trunk.listeners.first?.transport == .udp)
        #expect(trunk.allowed.first?.contains(TransportAddress(ipv4: 0xCB00_7107, port: 0)) == true)
        #expect(trunk.media.networks == trunk.allowed)
        #expect(configuration.agents.first?.path.hasSuffix("/agent") == true)
        #expect(configuration.limits == ServiceConfiguration.Limits())
    }

    @Test("where journals are, and how long")
    func journals() async throws {
        let text =
            ServiceConfigurationTests.small
            + "journal:\n    folder: journals\n    key: env:KEY\n    call-megabytes: 2\n    total-megabytes: 30\n"
        let reading = try await ServiceConfigurationTests.read(text)
        #expect(reading.diagnostics.isEmpty)
        let journal = try #require(reading.configuration?.journal)
        #expect(journal.folder.hasSuffix("/journals") && journal.key == "env:KEY")
        #expect(journal.callLimit == 2 << 20 && journal.folderLimit == 30 << 20)
    }

    @Test("a flag goes before an environment variable, and that before the file")
    func precedence() async throws {
        let text =
            ServiceConfigurationTests.small + "limits:\n    calls: 5\n    call-seconds: 6\n    drain-seconds: 7\n"
        let reading = try await ServiceConfigurationTests.read(
            text, environment: ["PARLEY_LIMITS_CALLS": "50", "PARLEY_LIMITS_CALL_SECONDS": "60"],
            flags: ["limits.calls": "500"])
        let limits = try #require(reading.configuration?.limits)
        #expect(limits.calls == 500)
        #expect(limits.longestCall == .seconds(60))
        #expect(limits.drain == .seconds(7))
    }

    @Test(
        "what cannot work together is refused with the reason",
        arguments: [
            ("queues:\n    q:\n        overflow: [\"waited 60: voicemail\"]\n", "recordings.folder"),
            ("journal:\n    folder: journals\n", "openssl rand"),
            ("journal:\n    key: env:KEY\n", "journal.folder"),
            ("queues:\n    q:\n        overflow: [\"waited 60: callback\"]\n", "outbound.allowed"),
            (
                "queues:\n    q:\n        overflow: [\"waited 60: callback\"]\noutbound: {allowed: [\"+1555*\"]}\n",
                "no trunk has 'gateways'"
            ),
            ("outbound:\n    pool:\n        numbers: [\"nobody\"]\n", "is no number"),
            ("admin:\n    api:\n        links: http://parley.example.com\n", "is no address such as https://"),
            ("admin:\n    api:\n        links: https://parley.example.com\n", "admin.api.address"),
            ("queues:\n    q:\n        overflow: [\"closed: dialog\"]\n", "without 'hours' is never closed"),
            ("queues:\n    q:\n        hours: [\"always\"]\n", "'always' are no hours"),
            ("queues:\n    q:\n        overflow: [\"waited 60: number +15550123\"]\n", "callers cannot be sent there"),
            ("people:\n    ada:\n        address: phone:ada@example.com\n", "no trunk is of 'kind: phones'"),
        ])
    func impossible(text: String, reason: String) async throws {
        let reading = try await ServiceConfigurationTests.read(ServiceConfigurationTests.small + text)
        #expect(reading.diagnostics.contains { $0.message.contains(reason) }, "\(reading.diagnostics)")
    }

    @Test("voicemail and the pool of numbers are read")
    func voicemailAndPool() async throws {
        let text = """
            recordings:
                folder: recordings
            queues:
                q:
                    hours: ["Mon-Fri 08:00-18:00", "Sat 09:00-12:30"]
                    overflow: ["waited 60: voicemail", "closed: voicemail"]
                    voicemail: {text: "Speak.", length-seconds: 30, silence-seconds: 2}
                    callback: {offer: "Press 1.", attempts: 5, pause-seconds: 60, ring-seconds: 20, expiry-seconds: 600}
            outbound:
                pool: {numbers: ["+15550700"], lease-seconds: 20, rest-seconds: 5}

            """
        let reading = try await ServiceConfigurationTests.read(ServiceConfigurationTests.small + text)
        let configuration = try #require(reading.configuration, "\(reading.diagnostics)")
        #expect(configuration.distribution.voicemail["q"]?.greeting == "Speak.")
        #expect(configuration.distribution.callBacks["q"]?.offer == "Press 1.")
        let spans = configuration.distribution.queues.first?.hours?.spans
        #expect(spans?.count == 6 && spans?.last == WeeklyHours.Span(weekday: 6, from: 540, to: 750))
        #expect(
            configuration.distribution.queues.first?.callBack
                == CallBackTerms(attempts: 5, pause: .seconds(60), ringTimeout: .seconds(20), expiry: .seconds(600)))
        #expect(configuration.distribution.voicemail["q"]?.longest == .seconds(30))
        #expect(configuration.distribution.keepsRecordings)
        #expect(
            configuration.outbound.pool.numbers == ["+15550700"] && configuration.outbound.pool.lease == .seconds(20))
    }

    @Test("an environment variable reaches into a trunk")
    func variableOfTrunk() async throws {
        let reading = try await ServiceConfigurationTests.read(
            ServiceConfigurationTests.small,
            environment: ["PARLEY_TRUNKS_ACME_MEDIA_SRTP": "required", "PARLEY_TRUNKS_ACME_ALLOW": "10.0.0.1,10.0.0.2"])
        let trunk = try #require(reading.configuration?.trunks.first)
        #expect(trunk.media.capabilities.srtp == .required)
        #expect(trunk.allowed.count == 2)
    }

    /// A change of the small file, and what must be said of it.
    private static let mistakes: [(change: String, line: Int, says: String)] = [
        ("limit:\n    calls: 5\n", 8, "did you mean 'limits'?"),
        ("limits:\n    cals: 5\n", 9, "did you mean 'calls'?"),
        ("limits:\n    calls: many\n", 9, "a whole number from 1 to 100000, not 'many'"),
        ("limits:\n    calls: [5]\n", 9, "not a list"),
        ("log:\n    level: loud\n", 9, "one of trace, debug, info"),
        ("watch: perhaps\n", 8, "true or false"),
        ("media:\n    ports: 9-8\n", 9, "no range of ports"),
        ("media:\n    address: here\n", 9, "not an address"),
        ("admin:\n    address: 9090\n", 9, "no address with a port"),
        ("outbound:\n    allowed: [somebody]\n", 9, "is nobody who can be called"),
        ("outbound:\n    agents: \"+15550123\"\n", 9, "agents cannot be called there"),
        ("recordings: there\n", 8, "is written as 'name: value' lines"),
    ]

    @Test("a mistake is told with its line and what to do", arguments: mistakes)
    func mistake(change: String, line: Int, says: String) async throws {
        let reading = try await ServiceConfigurationTests.read(ServiceConfigurationTests.small + change)
        #expect(reading.configuration == nil)
        let found = reading.diagnostics.contains { $0.line == line && $0.message.contains(says) }
        #expect(found, "\(reading.diagnostics)")
    }

    /// Lines of a trunk, and what must be said of them.
    private static let mistakesOfTrunks: [(lines: String, says: String)] = [
        ("listen: [\"sctp:1.2.3.4:5\"]", "is not a place to listen"),
        ("listen: [\"udp:0.0.0.0:5060\"]", "add 'advertise: HOST'"),
        ("listen: [\"tls:192.0.2.1:5061\"]", "TLS needs 'certificate' and 'key'"),
        ("allow: [10.0.0.0/33]", "is not an address or a network"),
        ("otherwise: mian", "'agents' has main"),
        ("numbers: {\"100\": nobody}", "there is no agent 'nobody'"),
        ("media: {codecs: [GSM]}", "is not a codec"),
        ("media: {ptime: 5}", "a whole number from 10 to 60"),
        ("media: {srtp: yes}", "one of off, offered, required"),
        ("credentials: {user: me}", "the password is missing"),
        ("credentials: {user: me, password-variable: NOT_THERE_AT_ALL}", "no variable NOT_THERE_AT_ALL"),
        ("credentials: {user: me, password-file: not-there}", "cannot be read"),
        ("kind: phones", "phones identify themselves"),
        ("registration: {registrar: \"sip:example.com\"}", "add 'address: sip:NUMBER@DOMAIN'"),
        ("outbound-proxy: example", "is not a SIP URI"),
        ("gateways: [\"tls:192.0.2.7:5061\"]", "has no tls socket of its own to send from"),
        ("gateways: [\"udp:198.51.100.9:5060\"]", "would not be heard; add its address to 'allow'"),
        ("gateways: [\"udp:203.0.113.5:5060\"]", "add 'number-shown"),
        ("transfers: {out: often}", "one of off, blind, attended"),
        ("kind: teamsDirectRouting", "Teams speaks TLS alone"),
        ("kind: teamsDirectRouting", "write 'advertise: sbc.example.com'"),
        ("kind: teamsDirectRouting\n        advertise: 203.0.113.9", "Teams knows a session border controller by name"),
        ("kind: teamsDirectRouting\n        advertise: sbc.contoso.onmicrosoft.com", "no name under onmicrosoft.com"),
        ("kind: teamsDirectRouting\n        number-shown: \"5550100\"", "no number of E.164"),
        ("kind: teamsDirectRouting\n        media: {srtp: offered}", "Teams takes no call without SRTP"),
        ("kind: teamsDirectRouting\n        transfers: {out: attended}", "Teams takes no Replaces"),
        ("kind: teamsDirectRouting\n        proxies: [192.0.2.1]", "is not a name with a port"),
    ]

    @Test("a mistake in a trunk is told", arguments: mistakesOfTrunks)
    func mistakeOfTrunk(lines: String, says: String) async throws {
        var members = ["listen: [\"udp:192.0.2.1:5060\"]", "allow: [203.0.113.0/24]", "otherwise: main"]
        let name = lines.prefix { $0 != ":" }
        members.removeAll { $0.hasPrefix(name + ":") }
        let body = (members + [lines]).map { "        \($0)\n" }.joined()
        let reading = try await ServiceConfigurationTests.read(
            "agents:\n    main: agent\ntrunks:\n    acme:\n" + body)
        #expect(reading.configuration == nil)
        #expect(reading.diagnostics.contains { $0.message.contains(says) }, "\(reading.diagnostics)")
    }

    @Test("all mistakes are told at once")
    func allAtOnce() async throws {
        let reading = try await ServiceConfigurationTests.read(
            ServiceConfigurationTests.small + "limits:\n    cals: 5\n    calls: 0\nlogg: 1\n",
            environment: ["PARLEY_LIMITS_CALS": "5"])
        #expect(reading.diagnostics.count == 4)
        #expect(reading.diagnostics.contains { $0.message.contains("did you mean PARLEY_LIMITS_CALLS?") })
    }

    @Test("a password comes from the first line of its file and is never printed")
    func password() async throws {
        let folder = try TemporaryFolder()
        try folder.write("password", "s3cret\nsomething else\n")
        let file = try folder.write(
            "parley.yaml",
            ServiceConfigurationTests.small
                + "        credentials: {user: me, password-file: password}\n")
        let reading = await ServiceConfiguration.read(file, environment: [:])
        let configuration = try #require(reading.configuration)
        #expect(configuration.trunks[0].credentials?.username == "me")
        var printed = ""
        dump(configuration, to: &printed)
        #expect(!printed.contains("s3cret") && printed.contains("[redacted]"))
    }

    @Test("two trunks that cannot be told apart are a mistake")
    func neighbours() async throws {
        let twin = ServiceConfigurationTests.small.replacing("trunks:\n", with: "").split(separator: "\n").dropFirst(2)
            .joined(separator: "\n").replacing("acme", with: "twin")
        let reading = try await ServiceConfigurationTests.read(ServiceConfigurationTests.small + twin + "\n")
        #expect(reading.diagnostics.contains { $0.message.contains("tell them apart") }, "\(reading.diagnostics)")
    }

    @Test("two parts of the service in one place are a mistake, as they would be at the start")
    func places() async throws {
        for (lines, says) in [
            (
                "admin: {address: \"192.0.2.1:5062\"}\n",
                "5062 of 192.0.2.1 is taken twice, for trunk 'b' over TCP and metrics"
            ),
            ("admin: {address: \"192.0.2.1:5060\"}\n", nil), ("admin: {address: \"192.0.2.2:5062\"}\n", nil),
        ] {
            let text =
                ServiceConfigurationTests.small
                + "    b: {listen: [\"tcp:192.0.2.1:5062\"], allow: [203.0.113.0/24], otherwise: main}\n" + lines
            let reading = try await ServiceConfigurationTests.read(text)
            #expect(reading.diagnostics.count == (says == nil ? 0 : 1), "\(reading.diagnostics)")
            if let says { #expect(reading.diagnostics.first?.message.contains(says) == true) }
        }
    }

    @Test("a file that is not there, empty or no YAML is one mistake, without those that follow from it")
    func unread() async throws {
        let missing = await ServiceConfiguration.read("/nowhere/parley.yaml", environment: [:])
        #expect(missing.diagnostics.map(\.message).joined().hasPrefix("there is no such file; 'parley serve"))
        for (text, says) in [("", "is empty"), ("a: [\n", "is not YAML"), ("a: 1\na: 2\n", "twice")] {
            let reading = try await ServiceConfigurationTests.read(text)
            #expect(reading.configuration == nil)
            #expect(reading.diagnostics.count == 1 && reading.diagnostics[0].message.contains(says))
        }
        #expect(missing.diagnostics.count == 1)
    }

    @Test("certificates, keys and connectors are tried before a service is begun with them")
    func files() async throws {
        let folder = try TemporaryFolder()
        try folder.write("no.pem", "no certificate\n")
        try folder.write("connectors.yaml", "wehbooks: []\n")
        let file = try folder.write(
            "parley.yaml",
            ServiceConfigurationTests.small
                + "        tls: {certificate: no.pem, key: no.pem}\nstore: x.sqlite\nconnectors: connectors.yaml\n"
                + "journal: {folder: j, key: file:/nowhere/key}\nrecordings: {folder: r, key: env:PARLEY_NO_SUCH}\n")
        let reading = await ServiceConfiguration.read(file, environment: [:])
        let problems = try #require(reading.configuration).problemsOfFiles(namedIn: file).map(\.description)
        for says in ["trunk 'acme': ", "journal.key: ", "recordings.key: ", "connectors.yaml:1:"] {
            #expect(problems.contains { $0.contains(says) }, "\(says) in \(problems)")
        }
        let good = try await ServiceConfigurationTests.read(ServiceConfigurationTests.small)
        #expect(try #require(good.configuration).problemsOfFiles(namedIn: file).isEmpty)
    }

    @Test("a softphone on this machine is heard whichever of the machine's addresses it names for its media")
    func loopback() throws {
        let trunk = ServiceConfiguration.loopback(agent: "agent", port: 5_060, srtp: .offered).trunks[0]
        #expect(trunk.media.sourceRule == .latching)
        #expect(trunk.allowed == [.loopback] && trunk.media.networks == [.loopback])
    }

    @Test("the reference has every key, and is a configuration with every line of it in force")
    func reference() async throws {
        let text = ConfigurationReference.text
        for key in ConfigurationKey.all {
            #expect(text.contains(key.meaning), "\(key.path)")
        }
        #expect(try await ServiceConfigurationTests.read(text).diagnostics.isEmpty)
        // Every commented value that has a default, uncommented, is taken too.
        let inForce = text.split(separator: "\n").map { line -> String in
            guard let mark = line.firstRange(of: "# "), let colon = line[mark.upperBound...].firstIndex(of: ":"),
                line[mark.upperBound..<colon].allSatisfy({ $0.isLetter || $0 == "-" }),
                line.index(after: colon) < line.endIndex
            else { return String(line) }
            return line[..<mark.lowerBound] + String(line[mark.upperBound...])
        }.joined(separator: "\n")
        let reading = try await ServiceConfigurationTests.read(inForce)
        // Its trunk is a provider's, and its people have phones.
        let others = reading.diagnostics.filter { !$0.message.contains("no trunk is of 'kind: phones'") }
        #expect(others.isEmpty, "\(others)")
    }
}
