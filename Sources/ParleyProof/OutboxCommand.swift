import ArgumentParser
import ConnectorDoubles
import Connectors
import Foundation
import Records
import Synchronization
import Telephony

/// At least once, and once in effect: over an outage of a day in virtual time, and over kill -9 of the real process.
struct OutboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outbox",
        abstract: "Send contexts to a double of Dataverse and a webhook through faults and kill -9, and count effects.",
        discussion: """
            First in virtual time: 24 hours down, then 500, 429 and lost answers at random. Then for real: a child process \
            sends over loopback and is killed at random moments. Exit status 1 when an effect is missing or there twice.
            """)

    @Option(help: "Contexts in virtual time.") var contexts = 10_000
    @Option(help: "Times that the sending process is killed.") var kills = 200
    @Option(help: "Contexts for each kill.") var batch = 50
    @Option(help: "The seed.") var seed: UInt64 = 1

    func run() async throws {
        let folder = try ProofRecords.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await virtualOutage(folder + "/virtual.sqlite")
        if kills > 0 { try await killed(folder + "/killed.sqlite") }
    }

    /// A clock that the proof turns.
    private final class Clock: Sendable {
        private let time: Mutex<WallTime>
        init(_ time: WallTime) { self.time = Mutex(time) }
        var now: WallTime { time.withLock { $0 } }
        func advance(to next: WallTime) { time.withLock { $0 = max($0 + .milliseconds(1), next) } }
    }

    private func virtualOutage(_ path: String) async throws {
        let start = WallTime(millisecondsSince1970: 1_772_443_800_000)
        let clock = Clock(start)
        var faults = Faults()
        faults.serverError = 0.12
        faults.tooMany = 0.03
        faults.lostAnswer = 0.1
        faults.lostRequest = 0.05
        faults.downUntil = start + .seconds(86_400)
        let double = DataverseDouble()
        let transport = DoubleTransport(double, faults: faults, seed: seed) { clock.now }
        let connector = OutboxCommand.dataverse("https://org.crm.dynamics.com", transport) { clock.now }
        let store = try SQLiteStore(path: path)
        try store.write(
            RecordBatch(
                sealed: (0..<contexts).map { ProofRecords.context(CallID("call-\($0)"), startedAt: start) },
                subscriptions: [connector.subscription], now: start))
        var policy = OutboxPolicy()
        policy.concurrency = 64
        let sender = OutboxSender(store, to: [connector], policy: policy, node: "proof", seed: seed)
        while true {
            let round = try await sender.round(0, at: clock.now, clock: { clock.now })
            if round.attempts > 0 { continue }
            guard let next = try sender.nextRound(0) else { break }
            clock.advance(to: next)
        }
        let hours = Double(clock.now.millisecondsSince1970 - start.millisecondsSince1970) / 3_600_000
        print(
            String(
                format:
                    "virtual time: %d contexts, 24 h down, 30 %% of requests failing: %d requests, done after %.1f h",
                contexts, transport.requests, hours))
        try verify(store, double.rows("phonecalls"), count: contexts, connector: "crm")
    }

    static func dataverse(
        _ url: String, _ transport: any ConnectorTransport, clock: @escaping @Sendable () -> WallTime
    ) -> DataverseConnector {
        var configuration = DataverseConnector.Configuration(
            url: url, tokenURL: url + "/t/oauth2/v2.0/token", clientID: "parley",
            clientSecret: Redacted("correct horse"))
        configuration.callerTable = nil
        return DataverseConnector(name: "crm", configuration, transport: transport, clock: clock)
    }

    private func verify(
        _ store: SQLiteStore, _ rows: [String: DataverseDouble.Row], count: Int, connector: String
    ) throws {
        var missing = 0
        for number in 0..<count where rows["call-\(number):ended"]?.creations != 1 { missing += 1 }
        var filter = DeliveryFilter()
        filter.connector = connector
        let entries = try store.deliveries(filter)
        let unsent = entries.count { $0.state != .sent }
        let attempts = entries.reduce(0) { $0 + $1.attempts }
        print(
            "  \(rows.count) phone calls for \(count) contexts, \(missing) missing, \(max(0, rows.count - count)) too many; \(unsent) not noted as sent; \(attempts) attempts"
        )
        guard missing == 0, rows.count == count, unsent == 0 else { throw ExitCode.failure }
    }

    private func killed(_ path: String) async throws {
        let crm = DataverseDouble()
        let hook = WebhookDouble(secret: nil)
        let generator = Mutex(SeededGenerator(seed: seed))
        let fault: @Sendable (ConnectorRequest) -> Int64? = { _ in
            generator.withLock { $0.nextUnit() < 0.02 ? Int64($0.next() % 50) : nil }
        }
        let crmServer = try await DoubleServer(crm, fault: fault)
        let hookServer = try await DoubleServer(hook, fault: fault)
        let store = try SQLiteStore(path: path)
        var count = 0
        var died = 0
        for _ in 0..<kills {
            let calls = (count..<count + batch).map { CallID("call-\($0)") }
            count += batch
            try store.write(
                RecordBatch(
                    sealed: calls.map { ProofRecords.context($0, startedAt: .current()) },
                    subscriptions: ["crm", "hook"].map { .init(connector: $0, moments: [.ended]) }, now: .current()))
            let child = try spawn(path, crmServer.port, hookServer.port)
            usleep(UInt32(30_000 + generator.withLock { $0.next(upperBound: UInt64(400_000)) }))
            if child.isRunning { died += 1 }
            kill(child.processIdentifier, SIGKILL)
            child.waitUntilExit()
        }
        let last = try spawn(path, crmServer.port, hookServer.port)
        last.waitUntilExit()
        guard last.terminationStatus == 0 else { throw ExitCode.failure }
        let repeats = hook.arrivals.count - hook.bodies.count
        print("real time: \(count) contexts, the sending process killed \(died) times while it ran")
        try verify(store, crm.rows("phonecalls"), count: count, connector: "crm")
        let missing = (0..<count).count { hook.bodies["call-\($0):ended"] == nil }
        print(
            "  webhook: \(hook.bodies.count) keys, \(missing) missing; \(repeats) requests came again under their key")
        try await crmServer.stop()
        try await hookServer.stop()
        guard missing == 0, hook.bodies.count == count else { throw ExitCode.failure }
    }

    private func spawn(_ path: String, _ crm: Int, _ hook: Int) throws -> Process {
        let child = Process()
        child.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        child.arguments = ["outbox-sender", "--store", path, "--crm", "\(crm)", "--hook", "\(hook)"]
        try child.run()
        return child
    }
}

/// The process that ``OutboxCommand`` kills: it sends until nothing waits.
struct OutboxSenderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outbox-sender", abstract: "Send until nothing waits.", shouldDisplay: false)

    @Option var store: String
    @Option var crm: Int
    @Option var hook: Int

    func run() async throws {
        let lock = try OutboxLock(storePath: store)
        let database = try SQLiteStore(path: store, creates: false)
        try database.releaseClaims(of: nil)
        let connectors: [any DeliveryDestination] = [
            OutboxCommand.dataverse("http://127.0.0.1:\(crm)", HTTPTransport(), clock: WallTime.current),
            WebhookConnector(name: "hook", url: "http://127.0.0.1:\(hook)/calls", body: .json(nil)),
        ]
        let sender = OutboxSender(
            database, to: connectors, node: "child-\(getpid())", seed: .random(in: 0 ... .max))
        try await sender.run(untilEmpty: true)
        withExtendedLifetime(lock) {}
    }
}
