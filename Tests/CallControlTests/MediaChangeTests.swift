import CallControl
import RTP
import Telephony
import Testing

/// What changes in the middle of a call: source, clock, address, the way reports go.
@Suite("Changes of media")
struct MediaChangeTests {
    /// A loud tone before and after a change; the longest silence between is told.
    private static func gap(
        _ change: (inout Line) -> Void, limits: SwitchboardConfiguration? = nil, packets milliseconds: Int = 20,
        ssrc: UInt32
    ) -> Interval {
        var line = Line(limits: limits)
        let ticks = milliseconds / 20
        for index in 0..<100 { line.tick(index % ticks == 0 ? [line.loud(milliseconds: milliseconds)] : []) }
        change(&line)
        for index in 0..<100 {
            line.tick(index % ticks == 0 ? [line.loud(milliseconds: milliseconds, ssrc: ssrc)] : [])
        }
        for _ in 0..<20 { line.tick() }
        _ = line.end()
        #expect(line.loudFrames > 190)
        return line.longestGap
    }

    @Test("after a change of SSRC the audio is back within 60 ms", arguments: [20, 40, 60])
    func source(milliseconds: Int) {
        let gap = MediaChangeTests.gap(
            {
                $0.sequence = 40_000
                $0.timestamp = 3_000_000_000
            }, packets: milliseconds, ssrc: 99)
        #expect(gap <= .milliseconds(60))
    }

    @Test("after a jump of timestamps the audio is back within 60 ms", arguments: [1 << 31, 800_000, 3_999_000_000])
    func timestamps(jump: UInt32) {
        let gap = MediaChangeTests.gap({ $0.timestamp &+= jump }, ssrc: 7)
        #expect(gap <= .milliseconds(60))
    }

    @Test("a key that is signalled by the first packet of a new source is heard")
    func keyOfNewSource() {
        var line = Line()
        for _ in 0..<50 { line.tick([line.loud(milliseconds: 20)]) }
        var payload = [UInt8](repeating: 0, count: 4)
        var span = payload.mutableSpan
        TelephoneEvent(code: 8, isEnd: true, volume: 10, duration: 320).write(into: &span, at: 0)
        line.tick([line.packet(payload, type: 101, ticks: 320, ssrc: 1_000)])
        for _ in 0..<50 { line.tick([line.loud(milliseconds: 20, ssrc: 1_000)]) }
        _ = line.end()
        #expect(line.digits == "8")
    }

    @Test("a payload type that was not negotiated is dropped, and the audio goes on")
    func payloadType() {
        var line = Line()
        for index in 0..<100 {
            line.tick(index % 2 == 0 ? [line.loud(milliseconds: 20)] : [line.loud(milliseconds: 20), line.video()])
        }
        for _ in 0..<20 { line.tick() }
        _ = line.end()
        #expect(line.switchboard.refusals.unknownPayloadType == 50)
        #expect(line.loudFrames > 95)
    }

    @Test("with one port for both, reports come and go by it")
    func oneport() throws {
        var line = Line {
            $0.rtcpPort = $0.port
            $0.remoteRTCP = $0.remote
        }
        for _ in 0..<600 { line.tick([line.loud(milliseconds: 20)]) }
        #expect(line.reports.count >= 2)
        #expect(line.reportDestinations.allSatisfy { $0 == Line.remote })
        let report = try #require(line.reports.first)
        let isReport = RTPHeader.isRTCP(report.span)
        #expect(isReport)
        // What Parley sent comes back as if the far end had sent it: it is read as a report and not as media.
        line.tick([report])
        #expect(line.switchboard.refusals == RefusalCounts())
    }
}
