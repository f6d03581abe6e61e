import ConnectorDoubles
import Connectors
import Formula
import Foundation
import Records
import Telephony
import Testing

@Suite("Webhook and folder")
struct WebhookTests {
    private static func deliver(
        _ double: WebhookDouble, _ body: WebhookConnector.Body, secret: String = "s3cret"
    ) async -> DeliveryOutcome {
        let clock = VirtualClock(SampleCalls.start)
        let connector = WebhookConnector(
            name: "hook", url: "https://hook.example/calls", body: body, secret: Redacted(secret),
            transport: DoubleTransport(double) { clock.now }, clock: { clock.now })
        return await connector.deliver(
            CallRecord(context: SampleCalls.context("a")), SampleCalls.entry("a"), isRetry: false)
    }

    @Test("a vCon, the context or mapped fields arrive signed")
    func bodies() async throws {
        let vCon = WebhookDouble(secret: "s3cret")
        #expect(await WebhookTests.deliver(vCon, .vCon).reason == nil)
        #expect(try VCon(parsing: try #require(vCon.bodies["a:ended"])).parties.count == 2)
        let plain = WebhookDouble(secret: "s3cret")
        #expect(await WebhookTests.deliver(plain, .json(nil)).reason == nil)
        let body = try JSONDocument(parsing: try #require(plain.bodies["a:ended"]))
        #expect(body["context"]?["call"] == "a")
        let mapped = WebhookDouble(secret: "s3cret")
        let mapping = FieldMapping([
            .init(name: "who", formula: try Expression("=Context.from")),
            .init(name: "pin", formula: try Expression("=Topic.Pin")),
            .init(name: "year", formula: try Expression("=Year(Context.startedAt)")),
            .init(name: "start", formula: try Expression("=Context.startedAt")),
            .init(name: "minutes", formula: try Expression("=Context.duration / 60")),
        ])
        #expect(await WebhookTests.deliver(mapped, .json(mapping)).reason == nil)
        let fields = try JSONDocument(parsing: try #require(mapped.bodies["a:ended"]))
        #expect(fields["who"] == "+15550100")
        #expect(fields["pin"] == nil)
        #expect(fields["year"]?.number == 2026)
        #expect(fields["start"]?.string == SampleCalls.start.description)
        #expect(fields["minutes"]?.number.map { ($0 * 60).rounded() } == 61)
    }

    @Test("who has another secret takes nothing")
    func wrongSecret() async {
        let double = WebhookDouble(secret: "other")
        guard case .refused = await WebhookTests.deliver(double, .vCon) else {
            Issue.record("a wrong signature was taken")
            return
        }
        #expect(double.bodies.isEmpty && double.refused == 1)
    }

    @Test("a formula without a value sets the call aside, and says which field")
    func mappingError() async throws {
        let mapping = FieldMapping([.init(name: "bad", formula: try Expression("=1/0"))])
        guard case .refused(let reason) = await WebhookTests.deliver(WebhookDouble(secret: nil), .json(mapping))
        else {
            Issue.record("not refused")
            return
        }
        #expect(reason.contains("'bad'"))
    }

    @Test("a folder gets each call once, whole, and a folder that cannot be is waited for")
    func folder() async throws {
        let folder = try TemporaryFolder()
        let connector = FolderConnector(name: "files", folder: folder("out"))
        for attempt in 1...2 {
            let outcome = await connector.deliver(
                CallRecord(context: SampleCalls.context("a")), SampleCalls.entry("a", attempts: attempt),
                isRetry: attempt > 1)
            #expect(outcome.reason == nil)
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder("out"))
        #expect(names.count == 1 && names.first?.hasSuffix(".vcon") == true)
        try Data().write(to: URL(filePath: folder("file")))
        guard
            case .unavailable = await FolderConnector(name: "files", folder: folder("file/x")).deliver(
                CallRecord(context: SampleCalls.context("a")), SampleCalls.entry("a"), isRetry: false)
        else {
            Issue.record("a folder that cannot be made was taken")
            return
        }
    }

    @Test("a directory that is slow holds nobody")
    func slowDirectory() async {
        struct Slow: CallerDirectory {
            func caller(for number: String) async -> CallerLookup {
                // Nothing ever comes; the wait ends when it is cancelled.
                for await _ in AsyncStream<Void>(Void.self, { _ in }) {}
                return .unknown
            }
        }
        #expect(await Slow().caller(for: "1", within: .milliseconds(20)) == .late)
        #expect(CallerLookup.late.value.isBlank)
    }
}
