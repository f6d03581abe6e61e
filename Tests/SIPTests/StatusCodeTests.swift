import SIP
import Telephony
import Testing

@Suite("Status, cause and outcome")
struct StatusCodeTests {
    @Test(
        "what a final status says of a call that was placed, and its cause",
        arguments: [
            (200, TransferOutcome.completed, 16), (202, .completed, 16),
            // Busy.
            (486, .busy, 17), (600, .busy, 17),
            // Refused by somebody, or by a rule.
            (401, .refused, 21), (403, .refused, 21), (407, .refused, 21), (433, .refused, 21), (470, .refused, 21),
            (603, .refused, 21), (607, .refused, 21), (608, .refused, 21),
            // Nobody answered.
            (408, .noAnswer, 102), (480, .noAnswer, 18), (487, .noAnswer, 127),
            // Not to be reached.
            (404, .failed, 1), (410, .failed, 22), (484, .failed, 28), (485, .failed, 1), (502, .failed, 38),
            (503, .failed, 41), (504, .failed, 102), (604, .failed, 1),
            // No common media.
            (406, .failed, 79), (415, .failed, 79), (488, .failed, 65), (606, .failed, 65),
            // Not in the table: the first of its class (RFC 3261 section 8.1.3.2), or nothing in particular.
            (302, .failed, 127), (499, .failed, 41), (599, .failed, 41), (699, .busy, 17),
        ] as [(Int, TransferOutcome, Int)])
    func meaning(status: Int, outcome: TransferOutcome, cause: Int) {
        #expect(StatusCode.outcome(status) == outcome)
        #expect(StatusCode.q850(status) == cause)
    }

    @Test("every refusal of the registry of SIP has a row, a phrase and a cause that leads back to a refusal")
    func complete() {
        // The response codes that IANA lists, from 400 on.
        let registry =
            Array(400...408) + [410] + Array(412...417) + Array(420...425) + Array(428...430) + [433]
            + Array(436...440) + [469, 470] + Array(480...489) + [491, 493, 494] + Array(500...505)
            + [513, 555, 580, 600, 603, 604, 606, 607, 608]
        #expect(StatusCode.table.map(\.status) == registry)
        for row in StatusCode.table {
            #expect(!row.reason.isEmpty)
            #expect(StatusCode.reason(row.status) == row.reason)
            #expect(row.outcome != .completed && row.outcome != .callerGone)
            #expect((400...699).contains(StatusCode.status(q850: row.q850)))
        }
    }

    @Test("a cause that stands for busy, refused or nobody there becomes a status that says the same")
    func thereAndBack() {
        let cases: [(cause: Int, outcome: TransferOutcome)] = [
            (17, .busy), (21, .refused), (18, .noAnswer), (19, .noAnswer), (1, .failed), (22, .failed), (28, .failed),
            (38, .failed), (41, .failed),
        ]
        for (cause, outcome) in cases {
            #expect(StatusCode.outcome(StatusCode.status(q850: cause)) == outcome, "\(cause)")
        }
    }

    @Test("any number has a phrase, a cause and an outcome")
    func any() {
        for status in -1...1_000 {
            #expect(!StatusCode.reason(status).isEmpty)
            #expect((1...127).contains(StatusCode.q850(status)))
            _ = StatusCode.outcome(status)
        }
    }
}
