import Foundation
import Records
import Telephony
import Testing

@Suite("Report")
struct ServiceReportTests {
    private static func report(_ records: [CallRecord]) -> ServiceReport {
        var builder = ServiceReport.Builder()
        for record in records { builder.add(record) }
        return builder.finish()
    }

    @Test("outcomes are shares of answered calls, and each day has its own")
    func outcomes() {
        let report = ServiceReportTests.report([
            SampleRecords.record(SampleRecords.events("a", transfer: .completed)),
            SampleRecords.record(SampleRecords.events("b", transfer: .busy)),
            SampleRecords.record(SampleRecords.events("c")),
            SampleRecords.record(SampleRecords.events("d", isAnswered: false)),
        ])
        #expect(report.calls == 4 && report.answered == 3)
        #expect(report.escalated == 1 && report.abandoned == 2)
        #expect(abs(report.escalation - 1 / 3) < 1e-9)
        #expect(report.transfers.map { "\($0.name) \($0.count)" } == ["busy 1", "completed 1"])
        #expect(report.days.map(\.calls) == [4] && report.days[0].day == "2026-03-02")
        #expect(report.wait.quantile(0.5) == 2)
    }

    @Test("the latency is from the caller's last key or word to the first sample of the answer")
    func latency() {
        var events = SampleRecords.events()
        let answer = CallEvent(
            at: .milliseconds(12_500), call: "call-1",
            body: .promptStarted(.init(prompt: 2, topic: "T", action: "a", text: .open("Yes."), isAudioFile: false)))
        events.insert(answer, at: events.count - 1)
        let latency = ServiceReportTests.report([SampleRecords.record(events)]).responseLatency
        // Words until 11.25 s, the answer at 12.5 s.
        #expect(latency.all == [1.25])
    }

    @Test("an action counts who reached it, who was silent, who was not understood and who hung up there")
    func actions() {
        var events = SampleRecords.events()
        func add(_ body: CallEventBody) {
            events.insert(CallEvent(at: .seconds(5), call: "call-1", body: body), at: events.count - 1)
        }
        add(.actionStarted(.init(topic: "Menu", action: "ask", kind: "Question")))
        for (attempt, result) in [InputResult.noInput, .noMatch, .invalid, .accepted].enumerated() {
            add(
                .input(
                    .init(
                        topic: "Menu", action: "ask", kind: .digits, result: result, value: .open(""),
                        attempt: attempt + 1)))
        }
        let action = ServiceReportTests.report([SampleRecords.record(events)]).actions[0]
        #expect(action.reached == 1 && action.droppedOff == 1 && action.dropOff == 1)
        #expect(action.inputs == 4 && action.noInput == 1 && action.noMatch == 2)
    }

    @Test(
        "quantiles are nearest ranks",
        arguments: [(0.5, 3.0), (0.95, 5.0), (0, 1.0), (1, 5.0), (0.2, 1.0), (0.21, 2.0)])
    func quantiles(share: Double, value: Double) {
        var distribution = Distribution()
        for number in [5.0, 1, 3, 2, 4] { distribution.add(number) }
        distribution.add(.nan)
        distribution.add(nil)
        #expect(distribution.quantile(share) == value)
        distribution.sort()
        #expect(distribution.quantile(share) == value)
    }

    @Test("without calls there is nothing to divide by")
    func empty() throws {
        let report = ServiceReportTests.report([])
        #expect(report.containment == 0 && report.handleTime.quantile(0.5) == nil)
        #expect(try JSONEncoder().encode(report).isEmpty == false)
    }
}
