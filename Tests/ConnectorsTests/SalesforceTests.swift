import ConnectorDoubles
import Connectors
import CryptoExtras
import Formula
import Records
import Telephony
import Testing

@Suite("Salesforce, against its documented messages")
struct SalesforceTests {
    private static let key = try? _RSA.Signing.PrivateKey(pemRepresentation: SigningKey.pem)
    private static let alice = (id: "003000000000001AAA", name: "Alice", number: "+15550100")

    private struct Setting {
        var double: SalesforceDouble
        var connector: SalesforceConnector
        var clock = VirtualClock(SampleCalls.start)

        init(
            voiceCall: Bool = false, user: String = "parley@example.com", fields: [(String, String)] = [],
            sessionLifetime: Int64 = 7_200
        ) throws {
            let key = try #require(SalesforceTests.key)
            let clock = clock
            double = try SalesforceDouble(
                publicKey: key.publicKey.pemRepresentation, sessionLifetime: sessionLifetime,
                contacts: [SalesforceTests.alice])
            var configuration = SalesforceConnector.Configuration(
                loginURL: "https://login.salesforce.com", clientID: "consumer-key", user: user,
                privateKey: Redacted(key.pemRepresentation))
            if voiceCall {
                configuration.object = .voiceCall(
                    .init(
                        url: "https://org.my.salesforce-scrt.com", callCenter: "Contact_Center",
                        providerName: "Parley", organization: "00D000000000000AAA"))
            }
            configuration.mapping = FieldMapping(
                try fields.map { .init(name: $0.0, formula: try Expression($0.1)) })
            connector = try SalesforceConnector(
                name: "sf", configuration, transport: DoubleTransport(double) { clock.now }, clock: { clock.now })
        }

        func deliver(_ call: CallID, _ moment: CallMoment = .ended, attempts: Int = 1) async -> DeliveryOutcome {
            await connector.deliver(
                CallRecord(context: SampleCalls.context(call)), SampleCalls.entry(call, moment, attempts: attempts),
                isRetry: attempts > 1)
        }
    }

    @Test("a call becomes one task, however often it is sent")
    func task() async throws {
        let setting = try Setting(fields: [("Description", "=Global.Reason")])
        for attempt in 1...3 { #expect(await setting.deliver("a", attempts: attempt).reason == nil) }
        let task = try #require(setting.double.tasks["a:ended"])
        #expect(setting.double.tasks.count == 1)
        #expect(task.fields["WhoId"]?.string == SalesforceTests.alice.id)
        #expect(task.fields["Description"] == "billing")
        #expect(task.fields["CallDurationInSeconds"] == 61)
    }

    @Test("a voice call is made when the call begins and completed at its end, once each")
    func voiceCall() async throws {
        let setting = try Setting(voiceCall: true, fields: [("Outcome__c", "=Context.outcome")])
        #expect(setting.connector.moments == [.began, .transferred, .ended])
        for attempt in 1...2 { #expect(await setting.deliver("a", .began, attempts: attempt).reason == nil) }
        for attempt in 1...2 { #expect(await setting.deliver("a", .ended, attempts: attempt).reason == nil) }
        #expect(setting.double.voiceCalls.count == 1)
        let row = try #require(setting.double.voiceCalls["a"])
        #expect(row.fields["CallDisposition"] == "completed")
        #expect(row.fields["Outcome__c"] == "resolvedImplied")
    }

    @Test(
        "each hand-over is a voice call of its own whose parent is the one before, once each", arguments: [true, false])
    func transfers(isTold: Bool) async throws {
        let setting = try Setting(voiceCall: true)
        var record = CallRecord(context: SampleCalls.context("a"))
        record.context.add(1, .agent, "sip:ada@example.com", answered: nil)
        record.context.add(2, .agent, "sip:ben@example.com", answered: 20)
        record.context.add(3, .supervisor, "sip:sue@example.com", answered: 25)
        record.context.add(4, .expert, "+15550144", answered: 30)
        // What was never told while the call ran is made up for at its end.
        let moments: [CallMoment] = isTold ? [.began, .transferred, .transferred, .ended, .ended] : [.ended, .ended]
        for moment in moments {
            let entry = SampleCalls.entry("a", moment, attempts: 1)
            #expect(await setting.connector.deliver(record, entry, isRetry: true).reason == nil)
        }
        let calls = setting.double.voiceCalls
        #expect(calls.keys.sorted() == ["a", "a/2", "a/4"])
        #expect(calls["a"]?.fields["PreviousCallId"] == .null)
        #expect(calls["a/2"]?.fields["PreviousCallId"]?.string == calls["a"]?.id)
        #expect(calls["a/4"]?.fields["PreviousCallId"]?.string == calls["a/2"]?.id)
        #expect(calls["a/4"]?.fields["CallDurationInSeconds"] == 10)
    }

    @Test("a session that is over is renewed")
    func renewsSession() async throws {
        let setting = try Setting(sessionLifetime: 100)
        #expect(await setting.deliver("a").reason == nil)
        setting.clock.now = SampleCalls.start + .seconds(500)
        #expect(await setting.deliver("b").reason == nil)
        #expect(setting.double.tasks.count == 2)
    }

    @Test("a wrong user stops the connector; a field that there is not sets the call aside")
    func refusals() async throws {
        let stranger = try Setting(user: "mallory@example.com")
        guard case .unavailable(let reason, _) = await stranger.deliver("a") else {
            Issue.record("a wrong user was not understood")
            return
        }
        #expect(reason.contains("invalid_grant"))
        guard case .refused(let why) = await (try Setting(fields: [("Nope__c", "=1")])).deliver("a") else {
            Issue.record("a wrong field was not refused")
            return
        }
        #expect(why.contains("INVALID_FIELD"))
    }

    @Test("an apostrophe in a number stays a text")
    func quoting() async throws {
        let setting = try Setting()
        #expect(await setting.connector.caller(for: "x' OR Name != '") == .unknown)
        #expect(await setting.connector.caller(for: "+15550100").value.member("Name") == .text("Alice"))
    }
}

extension CallContext {
    /// Takes in a leg that was dialled at the tenth second, and was up for ten when it was answered at all.
    fileprivate mutating func add(_ id: Int, _ role: LegRole, _ target: String, answered: Double?) {
        let leg = LegID(id)
        let dialled = CallEventBody.legDialled(.init(leg: leg, role: role, target: .open(target)))
        record(CallEvent(at: .seconds(10), call: call, body: dialled))
        if let answered {
            let body = CallEventBody.legAnswered(.init(leg: leg, codec: "PCMU"))
            record(CallEvent(at: Interval(roundedSeconds: answered), call: call, body: body))
        }
        let ended = CallEventBody.legEnded(.init(leg: leg, reason: answered == nil ? .busy : .hungUp, cause: 16))
        record(CallEvent(at: Interval(roundedSeconds: (answered ?? 5) + 10), call: call, body: ended))
    }
}
