import ConnectorDoubles
import Connectors
import Formula
import Records
import Telephony
import Testing

@Suite("Dataverse, against its documented messages")
struct DataverseTests {
    private static let alice = (id: "11111111-0000-4000-8000-000000000001", name: "Alice", number: "+15550100")

    private static func connector(
        _ double: DataverseDouble, clock: VirtualClock, url: String = "https://org.crm.dynamics.com",
        transport: (any ConnectorTransport)? = nil, secret: String = "correct horse",
        fields: [(String, String)] = [], incident: String? = nil
    ) throws -> DataverseConnector {
        var configuration = DataverseConnector.Configuration(
            url: url,
            tokenURL: url.hasPrefix("https")
                ? "https://login.example/t/oauth2/v2.0/token" : url + "/t/oauth2/v2.0/token",
            clientID: "parley", clientSecret: Redacted(secret))
        configuration.mapping = FieldMapping(
            try fields.map { .init(name: $0.0, formula: try Expression($0.1)) })
        configuration.incident = try incident.map { try Expression($0) }
        return DataverseConnector(
            name: "crm", configuration, transport: transport ?? DoubleTransport(double) { clock.now },
            clock: { clock.now })
    }

    private static func deliver(
        _ connector: DataverseConnector, _ call: CallID, attempts: Int = 1
    ) async -> DeliveryOutcome {
        await connector.deliver(
            CallRecord(context: SampleCalls.context(call)), SampleCalls.entry(call, attempts: attempts),
            isRetry: attempts > 1)
    }

    @Test("a call becomes a phone call with its caller, mapped fields and a case")
    func delivers() async throws {
        let double = DataverseDouble(contacts: [DataverseTests.alice])
        let connector = try DataverseTests.connector(
            double, clock: VirtualClock(SampleCalls.start),
            fields: [("description", "=\"Reason: \" & Global.Reason"), ("parley_outcome", "=Context.outcome")],
            incident: "=Context.noInputs > 0")
        guard case .delivered(let reference?, 0) = await DataverseTests.deliver(connector, "a") else {
            Issue.record("not delivered")
            return
        }
        let row = try #require(double.rows("phonecalls")["a:ended"])
        #expect(row.id == reference)
        #expect(row.columns["description"] == "Reason: billing")
        #expect(row.columns["parley_outcome"] == "resolvedImplied")
        #expect(row.columns["actualdurationminutes"] == 2)
        #expect(row.columns["directioncode"] == false)
        let party = row.columns["phonecall_activity_parties"]?.array?.first
        #expect(party?["partyid_contact@odata.bind"]?.string == "/contacts(\(DataverseTests.alice.id))")
        let incident = try #require(double.rows("incidents")["a:ended"])
        #expect(row.columns["regardingobjectid_incident@odata.bind"]?.string == "/incidents(\(incident.id))")
    }

    @Test("a token that is over is fetched anew, also when the clock did not tell")
    func renewsToken() async throws {
        let clock = VirtualClock(SampleCalls.start)
        let double = DataverseDouble(tokenLifetime: 120)
        let connector = try DataverseTests.connector(double, clock: clock)
        for (call, seconds) in [("a", 0), ("b", 30), ("c", 200), ("d", 2_000)] as [(CallID, Int64)] {
            clock.now = SampleCalls.start + .seconds(seconds)
            #expect(await DataverseTests.deliver(connector, call).reason == nil)
        }
        #expect(double.rows("phonecalls").count == 4)
    }

    @Test("429 is waited for as long as Retry-After says; wrong credentials stop the whole connector")
    func waits() async throws {
        let clock = VirtualClock(SampleCalls.start)
        let double = DataverseDouble()
        double.limitNext(1)
        let limited = try DataverseTests.connector(double, clock: clock)
        guard case .unavailable(_, let pause?) = await DataverseTests.deliver(limited, "a") else {
            Issue.record("429 was not understood")
            return
        }
        #expect(pause == .seconds(7))
        #expect(await DataverseTests.deliver(limited, "a", attempts: 2).reason == nil)
        let stranger = try DataverseTests.connector(double, clock: clock, secret: "wrong")
        guard case .unavailable(let reason, _) = await DataverseTests.deliver(stranger, "b") else {
            Issue.record("wrong credentials were not understood")
            return
        }
        #expect(reason.contains("invalid_client"))
        #expect(!reason.contains("wrong"))
    }

    @Test("what the system refuses is set aside, with its code")
    func refusals() async throws {
        let double = DataverseDouble()
        let connector = try DataverseTests.connector(
            double, clock: VirtualClock(SampleCalls.start), fields: [("no_such_column", "=1")])
        guard case .refused(let reason) = await DataverseTests.deliver(connector, "a") else {
            Issue.record("not refused")
            return
        }
        #expect(reason.contains("0x80048d19"))
    }

    @Test("a phone call that somebody completed since is left alone and counts as delivered")
    func completedSince() async throws {
        let double = DataverseDouble()
        let connector = try DataverseTests.connector(double, clock: VirtualClock(SampleCalls.start))
        #expect(await DataverseTests.deliver(connector, "a").reason == nil)
        double.set("statecode", to: 1, in: "phonecalls", key: "a:ended")
        #expect(await DataverseTests.deliver(connector, "a", attempts: 2).reason == nil)
    }

    @Test("over a socket it is the same")
    func overSocket() async throws {
        let double = DataverseDouble(contacts: [DataverseTests.alice])
        let server = try await DoubleServer(double)
        let connector = try DataverseTests.connector(
            double, clock: VirtualClock(.current()), url: server.url, transport: HTTPTransport())
        #expect(await DataverseTests.deliver(connector, "key with ' and /").reason == nil)
        #expect(double.rows("phonecalls").keys.sorted() == ["key with ' and /:ended"])
        #expect(
            await connector.caller(for: "+15550100", within: .seconds(60)).value.member("Name") == .text("Alice"))
        #expect(await connector.caller(for: "+15559999", within: .seconds(60)) == .unknown)
        try await server.stop()
        guard case .postponed = await DataverseTests.deliver(connector, "b") else {
            Issue.record("a system that is away is not waited for")
            return
        }
    }
}
