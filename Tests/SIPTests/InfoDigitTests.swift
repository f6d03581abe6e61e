import SIP
import Telephony
import Testing

@Suite("INFO digit")
struct InfoDigitTests {
    @Test("an INFO body is read in both forms, and whatever else it is gives nothing")
    func infoBodies() {
        func read(_ type: String, _ body: String) -> InfoDigit? {
            InfoDigit(contentType: type, body: Array(body.utf8).span)
        }
        let five = read("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n")
        #expect(five?.digit == Digit("5"))
        #expect(five?.durationInMilliseconds == 160)
        #expect(read("Application/DTMF-Relay; charset=utf-8", "Signal= #\nDuration= 250") != nil)
        #expect(read("application/dtmf-relay", "Signal=11\r\n")?.digit == .pound)
        #expect(read("application/dtmf", "10")?.digit == .star)
        #expect(read("application/dtmf", " 7 \r\n")?.digit == Digit("7"))
        #expect(read("application/dtmf-relay", "Duration=160\r\n") == nil)
        #expect(read("application/dtmf-relay", "Signal=16\r\n") == nil)
        #expect(
            read("application/dtmf-relay", "Signal=5\r\nDuration=99999999999999999999\r\n")?.durationInMilliseconds
                == nil)
        #expect(read("application/dtmf-relay", "Signal=5\r\nDuration=9999999\r\n")?.durationInMilliseconds == 60_000)
        #expect(read("text/plain", "5") == nil)
        #expect(read("application/dtmf", "") == nil)
        #expect(read("application/dtmf", String(repeating: "5", count: 10_000)) == nil)
    }

    @Test("no octets in an INFO body trap", arguments: 1...50)
    func anyBody(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        for _ in 0..<200 {
            var body = (0..<Int(generator.next() % 40)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            if generator.next() % 2 == 0 { body = Array("Signal=".utf8) + body }
            _ = InfoDigit(contentType: "application/dtmf-relay", body: body.span)
            _ = InfoDigit(contentType: "application/dtmf", body: body.span)
        }
    }
}
