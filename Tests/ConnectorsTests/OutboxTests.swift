import ConnectorDoubles
import Connectors
import CryptoExtras
import Foundation
import Records
import Synchronization
import Telephony
import Testing

@Suite("Outbox lane")
struct ConnectorLaneTests {
    private static let start = SampleCalls.start

    @Test("a connector that is away gets one attempt a pause, and the pauses grow to the longest and no further")
    func restsAndProbes() {
        var lane = ConnectorLane(connector: "crm", policy: OutboxPolicy(), seed: 1)
        var now = ConnectorLaneTests.start
        var attempts = 0
        var pauses: [Int64] = []
        let end = now + .seconds(86_400)
        while now < end {
            let count = min(1, lane.capacity(at: now))
            #expect(count == 1)
            lane.begin(count)
            attempts += 1
            _ = lane.finish(
                SampleCalls.entry("a"), .unavailable(reason: "down", retryAfter: nil), at: now)
            #expect(lane.capacity(at: now) == 0)
            let next = lane.deadline ?? now
            pauses.append(next.millisecondsSince1970 - now.millisecondsSince1970)
            now = next
        }
        #expect(attempts < 250)
        #expect(pauses.allSatisfy { (500...900_000).contains($0) })
        #expect(pauses.suffix(20).allSatisfy { $0 >= 450_000 })
        lane.begin(1)
        _ = lane.finish(SampleCalls.entry("a"), .delivered(reference: nil, duplicates: 0), at: now)
        #expect(lane.capacity(at: now) == OutboxPolicy().concurrency)
    }

    @Test("an entry that alone fails, while others arrive, is set aside; an outage sets none aside")
    func setsPoisonAside() {
        var lane = ConnectorLane(connector: "crm", policy: OutboxPolicy(), seed: 2)
        var poison = SampleCalls.entry("poison")
        var now = ConnectorLaneTests.start
        var failures = 0
        while poison.state == .waiting, failures < 1_000 {
            lane.begin(2)
            _ = lane.finish(SampleCalls.entry("good"), .delivered(reference: nil, duplicates: 0), at: now)
            let settled = lane.finish(poison, .postponed(reason: "500", retryAfter: nil), at: now)
            poison.state = settled.state
            poison.ownFailures = settled.ownFailures
            failures += 1
            now = now + .seconds(10)
        }
        #expect(failures == OutboxPolicy().longestRunOfOwnFailures)
        var outage = SampleCalls.entry("outage")
        for _ in 0..<500 {
            lane.begin(1)
            let settled = lane.finish(outage, .postponed(reason: "500", retryAfter: nil), at: now)
            outage.state = settled.state
            outage.ownFailures = settled.ownFailures
            now = max(now, lane.deadline ?? now)
        }
        #expect(outage.state == .waiting)
    }

    @Test("Retry-After is kept, and what was tried for longer than its lifetime is set aside")
    func keepsRetryAfter() {
        var lane = ConnectorLane(connector: "crm", policy: OutboxPolicy(), seed: 3)
        let now = ConnectorLaneTests.start
        lane.begin(1)
        let settled = lane.finish(
            SampleCalls.entry("a"), .postponed(reason: "429", retryAfter: .seconds(120)), at: now)
        #expect(settled.dueAt >= now + .seconds(120))
        let late = now + .seconds(8 * 86_400)
        lane.begin(1)
        #expect(
            lane.finish(SampleCalls.entry("a"), .postponed(reason: "500", retryAfter: nil), at: late).state
                == .setAside)
    }
}

@Suite("Outbox, in virtual time")
struct OutboxTests {
    /// Runs a sender in virtual time until nothing waits.
    private static func drain(_ sender: OutboxSender, connectors: Int, _ clock: VirtualClock) async throws {
        var rounds = 0
        while rounds < 2_000_000 {
            var next: WallTime?
            var isIdle = true
            for index in 0..<connectors {
                let round = try await sender.round(index, at: clock.now, clock: { clock.now })
                if round.attempts > 0 { isIdle = false }
                if let due = try sender.nextRound(index) { next = next.map { min($0, due) } ?? due }
            }
            rounds += 1
            guard isIdle else { continue }
            guard let next else { return }
            clock.now = max(clock.now + .milliseconds(1), next)
        }
        Issue.record("the outbox does not come to an end")
    }

    private static func faults(downFor hours: Int64) -> Faults {
        var faults = Faults()
        faults.serverError = 0.12
        faults.tooMany = 0.03
        faults.lostAnswer = 0.1
        faults.lostRequest = 0.05
        faults.downUntil = SampleCalls.start + .seconds(hours * 3_600)
        return faults
    }

    @Test("1,000 contexts after a day's outage and with a third of all requests failing: each effect once")
    func dayOfOutage() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder("s.sqlite"))
        let clock = VirtualClock(SampleCalls.start)
        let double = DataverseDouble()
        let transport = DoubleTransport(double, faults: OutboxTests.faults(downFor: 24), seed: 7) { clock.now }
        let connector = DataverseConnector(
            name: "crm",
            {
                var configuration = DataverseConnector.Configuration(
                    url: "https://org.crm.dynamics.com", tokenURL: "https://login.example/t/oauth2/v2.0/token",
                    clientID: "parley", clientSecret: Redacted("correct horse"))
                configuration.callerTable = nil
                return configuration
            }(), transport: transport, clock: { clock.now })
        let count = 1_000
        for start in stride(from: 0, to: count, by: 500) {
            try store.write(
                RecordBatch(
                    sealed: (start..<start + 500).map { SampleCalls.context(CallID("call-\($0)")) },
                    subscriptions: [connector.subscription], now: SampleCalls.start))
        }
        var policy = OutboxPolicy()
        policy.concurrency = 64
        let sender = OutboxSender(store, to: [connector], policy: policy, node: "n1", seed: 3)
        clock.now = SampleCalls.start + .seconds(1)
        try await OutboxTests.drain(sender, connectors: 1, clock)
        let rows = double.rows("phonecalls")
        #expect(rows.count == count)
        #expect(rows.values.allSatisfy { $0.creations == 1 })
        #expect((0..<count).allSatisfy { rows["call-\($0):ended"] != nil })
        var filter = DeliveryFilter()
        filter.state = .sent
        #expect(try store.deliveries(filter).count == count)
        #expect(clock.now > SampleCalls.start + .seconds(86_400))
        #expect(clock.now < SampleCalls.start + .seconds(2 * 86_400))
    }

    @Test("what is sent of one call keeps its order; what is refused holds back its own call alone until it is resent")
    func order() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder("s.sqlite"))
        let clock = VirtualClock(SampleCalls.start)
        let double = WebhookDouble(secret: nil)
        let transport = DoubleTransport(double, faults: OutboxTests.faults(downFor: 1), seed: 11) { clock.now }
        let refusing = RefusingDestination(
            inner: WebhookConnector(
                name: "hook", url: "https://hook.example", body: .json(nil), moments: [.began, .ended],
                transport: transport, clock: { clock.now }), refuses: "call-7:began")
        for number in 0..<200 {
            let context = SampleCalls.context(CallID("call-\(number)"))
            let began = CallEvent(
                at: .zero, call: context.call,
                body: .callStarted(
                    .init(from: "1", to: "2", agent: "a", codec: "PCMU", startedAt: SampleCalls.start)))
            try store.write(
                RecordBatch(
                    facts: [began], sealed: [context], subscriptions: [refusing.subscription], now: SampleCalls.start))
        }
        let sender = OutboxSender(store, to: [refusing], node: "n1", seed: 5)
        try await OutboxTests.drain(sender, connectors: 1, clock)
        var filter = DeliveryFilter()
        filter.state = .setAside
        #expect(try store.deliveries(filter).map(\.key) == ["call-7:began"])
        filter.state = .waiting
        #expect(try store.deliveries(filter).map(\.key) == ["call-7:ended"])
        #expect(double.bodies.count == 398)
        for number in 0..<200 where number != 7 {
            let first = double.arrivals.lastIndex(of: "call-\(number):began") ?? .max
            #expect(first < double.arrivals.firstIndex(of: "call-\(number):ended") ?? .min)
        }
        refusing.stopRefusing()
        #expect(try store.resend(["call-7"], connectors: ["hook"], at: clock.now) == 2)
        try await OutboxTests.drain(sender, connectors: 1, clock)
        #expect(double.bodies.count == 400)
    }

    @Test("what a dead node had taken is sent by another when its claim is over")
    func takesOver() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder("s.sqlite"))
        let clock = VirtualClock(SampleCalls.start)
        let double = WebhookDouble(secret: nil)
        let connector = WebhookConnector(
            name: "hook", url: "https://hook.example", body: .json(nil),
            transport: DoubleTransport(double) { clock.now }, clock: { clock.now })
        try store.write(
            RecordBatch(
                sealed: [SampleCalls.context("a")], subscriptions: [connector.subscription], now: SampleCalls.start))
        let dead = try store.claim(
            OutboxClaim(
                connector: "hook", limit: 5, now: clock.now, node: "dead", until: clock.now + .seconds(180)))
        #expect(dead.count == 1)
        let sender = OutboxSender(store, to: [connector], node: "alive", seed: 1)
        #expect(try await sender.round(0, at: clock.now, clock: { clock.now }).attempts == 0)
        try await OutboxTests.drain(sender, connectors: 1, clock)
        #expect(double.bodies.count == 1)
        #expect(clock.now >= SampleCalls.start + .seconds(180))
        #expect(try store.deliveries(DeliveryFilter()).map(\.attempts) == [2])
    }

    @Test("only one process sends from a store")
    func lock() throws {
        let folder = try TemporaryFolder()
        do {
            let lock = try OutboxLock(storePath: folder("s.sqlite"))
            #expect(throws: RecordsError.self) { try OutboxLock(storePath: folder("s.sqlite")) }
            withExtendedLifetime(lock) {}
        }
        _ = try OutboxLock(storePath: folder("s.sqlite"))
    }
}

/// A destination that refuses one key until it is told to stop.
private final class RefusingDestination: DeliveryDestination {
    private let inner: WebhookConnector
    private let refused: Mutex<String>

    init(inner: WebhookConnector, refuses key: String) {
        self.inner = inner
        refused = Mutex(key)
    }

    var name: String { inner.name }
    var moments: [CallMoment] { inner.moments }

    func stopRefusing() { refused.withLock { $0 = "" } }

    func deliver(_ record: CallRecord, _ entry: OutboxEntry, isRetry: Bool) async -> DeliveryOutcome {
        if refused.withLock({ $0 }) == entry.key { return .refused(reason: "no") }
        return await inner.deliver(record, entry, isRetry: isRetry)
    }
}
