import Admin
import Foundation
import SIP
import Telephony
import Testing

@Suite("Masked signalling")
struct SignallingMaskTests {
    private static let invite = """
        INVITE sip:+15550199@192.0.2.7;user=phone SIP/2.0
        Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKabc
        From: "Ann \\"A\\" Smith" <sip:+15550100@192.0.2.1>;tag=t1
        To: Support Desk <sip:+15550199;npdi@192.0.2.7>
        P-Asserted-Identity: <tel:+15550100>
        Call-ID: abc123@192.0.2.1
        CSeq: 1 INVITE
        Authorization: Digest username="ann", response="deadbeef"
        X-Account: customer 4711
         and folded 4712
        User-to-User: 34373131;encoding=hex
        Subject: my pin is 1234
        Content-Type: application/sdp
        Content-Length: 200

        v=0
        o=- 1 1 IN IP4 192.0.2.1
        s=Ann
        m=audio 4000 RTP/SAVP 0
        a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:SECRETKEYSECRETKEY
        a=rtpmap:0 PCMU/8000

        """.replacing("\n", with: "\r\n")

    private static func masked(_ text: String) -> String {
        String(decoding: SignallingMask.masked(Array(text.utf8)), as: UTF8.self)
    }

    @Test("numbers, names, credentials, keys and what is not known are gone")
    func hides() {
        let text = SignallingMaskTests.masked(SignallingMaskTests.invite)
        for secret in [
            "155501", "Ann", "Smith", "Support", "Desk", "deadbeef", "4711", "4712", "34373131", "1234", "SECRET",
        ] {
            #expect(!text.contains(secret), "\(secret)")
        }
    }

    @Test("what says how the call is carried stays, and so do all lengths")
    func keeps() throws {
        let text = SignallingMaskTests.masked(SignallingMaskTests.invite)
        for open in [
            "INVITE sip:+xxxxxx99@192.0.2.7;user=phone SIP/2.0", "branch=z9hG4bKabc", "Call-ID: abc123@192.0.2.1",
            ";tag=t1", "CSeq: 1 INVITE", "m=audio 4000 RTP/SAVP 0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 ",
            "a=rtpmap:0 PCMU/8000", "<tel:+xxxxxx00>",
        ] {
            #expect(text.contains(open), "\(open)")
        }
        #expect(text.utf8.count == SignallingMaskTests.invite.utf8.count)
    }

    @Test("names, schemes and attributes are known in any case, and with blanks around")
    func anyCase() {
        let invite =
            "INVITE SIPS:+15550199@h SIP/2.0\r\nFROM : <TEL:+15550100>\r\nCALL-Id: a1@h\r\nCONTENT-type : Application/SDP ;a=b\r\n"
            + "\r\na=Crypto:1 AES_CM_128_HMAC_SHA1_80 inline:secret\r\na=ICE-pwd:secret\r\na=sendrecv\r\n"
        #expect(
            SignallingMaskTests.masked(invite)
                == "INVITE SIPS:+xxxxxx99@h SIP/2.0\r\nFROM : <TEL:+xxxxxx00>\r\nCALL-Id: a1@h\r\nCONTENT-type : Application/SDP ;a=b\r\n"
                + "\r\na=Crypto:1 AES_CM_128_HMAC_SHA1_80 xxxxxx:xxxxxx\r\na=ICE-pwd:xxxxxx\r\na=sendrecv\r\n")
    }

    @Test("a key by INFO is gone")
    func hidesKey() {
        let info = "INFO sip:a@b SIP/2.0\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal=5\r\nDuration=160\r\n"
        #expect(SignallingMaskTests.masked(info).hasSuffix("\r\n\r\nxxxxxx=x\r\nxxxxxxxx=xxx\r\n"))
    }

    @Test("no octets make it fail, and their number stays", arguments: 0..<200)
    func survives(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var octets = Array(SignallingMaskTests.invite.utf8)
        for _ in 0..<20 {
            let index = Int(generator.next() % UInt64(octets.count))
            switch generator.next() % 3 {
            case 0: octets[index] = UInt8(truncatingIfNeeded: generator.next())
            case 1: octets.remove(at: index)
            default: octets.insert([0x0D, 0x0A, 0x3A, 0x3C, 0x22][Int(generator.next() % 5)], at: index)
            }
        }
        octets = Array(octets.prefix(Int(generator.next() % UInt64(octets.count + 1))))
        #expect(SignallingMask.masked(octets).count == octets.count)
    }
}

@Suite("Flight recorder")
struct FlightRecorderTests {
    private static let hop = Hop(.udp, TransportAddress(ipv4: 0xC000_0201, port: 5_060))

    private static func message(_ callID: String) -> [UInt8] {
        Array("INVITE sip:+15550199@h SIP/2.0\r\ni:  \(callID) \r\nFrom: <sip:+15550100@h>\r\n\r\n".utf8)
    }

    @Test("a call's own messages and facts are told in order, and nobody else's")
    func traces() throws {
        let recorder = FlightRecorder()
        recorder.passed(FlightRecorderTests.message("a@h"), isIncoming: true, FlightRecorderTests.hop)
        recorder.began("call-a", sipCallID: "a@h")
        recorder.passed(FlightRecorderTests.message("b@h"), isIncoming: true, FlightRecorderTests.hop)
        recorder.began("call-b", sipCallID: "b@h")
        let start = CallStarted(
            from: "+15550100", to: "+15550199", agent: "riverbend", codec: "PCMU",
            startedAt: WallTime(millisecondsSince1970: 0))
        recorder.happened(CallEvent(at: .zero, call: "call-a", body: .callStarted(start)))
        let key = DigitHeard(digit: .open("7"), source: .telephoneEvent, start: 1)
        recorder.happened(CallEvent(at: .seconds(1), call: "call-a", body: .digit(key)))
        recorder.passed(FlightRecorderTests.message("a@h"), isIncoming: false, FlightRecorderTests.hop)
        let trace = try #require(recorder.trace(of: "call-a"))
        let ladder = try CallTrace.ladder(json: trace.json)
        #expect(ladder.count == 5)
        #expect(ladder[1].contains("INVITE sip:+xxxxxx99@h"))
        #expect(ladder[1].contains("──>  UDP 192.0.2.1:5060"))
        #expect(ladder[2].hasSuffix("· call begins, riverbend, PCMU"))
        #expect(ladder[3].hasSuffix("· key by telephoneEvent"))
        #expect(ladder[4].contains("<──"))
        #expect(!String(decoding: trace.json, as: UTF8.self).contains("155501"))
        #expect(recorder.trace(of: "call-c") == nil)
    }

    @Test("a call is told with the SIP calls that were placed for it, and found by the Call-ID of any")
    func placed() throws {
        let recorder = FlightRecorder()
        recorder.began("call-a", sipCallID: "a@h")
        recorder.began("call-a", sipCallID: "leg@h")
        recorder.began("call-b", sipCallID: "b@h")
        for (id, isIncoming) in [("a@h", true), ("leg@h", false), ("b@h", true)] {
            recorder.passed(FlightRecorderTests.message(id), isIncoming: isIncoming, FlightRecorderTests.hop)
        }
        for name in ["call-a", "a@h", "leg@h"] {
            let trace = try #require(recorder.trace(of: name))
            #expect(trace.call == "call-a")
            #expect(try CallTrace.ladder(json: trace.json).count == 3)
        }
        #expect(recorder.trace(of: "b@h")?.steps.count == 1)
        #expect(recorder.trace(of: "c@h") == nil)
    }

    @Test("who is called for a call, and why nobody may be, stands in it without a number")
    func legs() throws {
        let recorder = FlightRecorder()
        let target = DisclosableText.open("+15550123")
        let bodies: [CallEventBody] = [
            .queueEntered(QueueEntered(queue: "billing", position: 2, wait: nil)),
            .legDialled(LegDialled(leg: LegID(1), role: .agent, target: target)),
            .legRinging(LegRinging(leg: LegID(1))),
            .legAnswered(LegAnswered(leg: LegID(1), codec: "PCMU")),
            .legPlaced(LegPlaced(leg: .caller, .held)),
            .legEnded(LegEnded(leg: LegID(1), reason: .hungUp, cause: 16)),
            .legEnded(LegEnded(leg: LegID(2), reason: .notAllowed, cause: 21, rule: .callerLimit)),
        ]
        for body in bodies { recorder.happened(CallEvent(at: .zero, call: "call", body: body)) }
        let trace = try #require(recorder.trace(of: "call"))
        let lines = try CallTrace.ladder(json: trace.json).compactMap { $0.components(separatedBy: "· ").last }
        #expect(
            lines.dropFirst() == [
                "waits in billing, number 2", "leg 1 is called: agent", "leg 1 rings", "leg 1 answers, PCMU",
                "leg 0: hold", "leg 1 ends: hungUp", "leg 2 ends: notAllowed, callerLimit",
            ])
        #expect(!String(decoding: trace.json, as: UTF8.self).contains("5550123"))
    }

    @Test("it holds so much and no more, the last of it")
    func bounded() throws {
        var limits = FlightRecorder.Limits()
        limits.entries = 10
        let recorder = FlightRecorder(limits)
        for number in 0..<100 {
            let fact = TopicEnded(topic: "T\(number)")
            recorder.happened(CallEvent(at: .seconds(Int64(number)), call: "call", body: .topicEnded(fact)))
        }
        let trace = try #require(recorder.trace(of: "call"))
        #expect(trace.steps.count == 10)
        #expect(try CallTrace.ladder(json: trace.json).last?.contains("T99") == true)
        limits.entries = 1_000
        limits.octets = 500
        let small = FlightRecorder(limits)
        small.began("call", sipCallID: "a@h")
        for _ in 0..<100 { small.passed(FlightRecorderTests.message("a@h"), isIncoming: true, FlightRecorderTests.hop) }
        #expect(small.trace(of: "call") == nil)
    }

    @Test("a capture has a header, and a datagram with right sums a message")
    func capture() throws {
        let recorder = FlightRecorder()
        recorder.began("call", sipCallID: "a@h")
        let message = FlightRecorderTests.message("a@h")
        recorder.passed(
            message, isIncoming: true, FlightRecorderTests.hop,
            local: TransportAddress(ipv4: 0xC000_0207, port: 5_066))
        let pcap = [UInt8](try #require(recorder.trace(of: "call")).pcap)
        #expect(pcap.count == 24 + 16 + 28 + message.count)
        #expect(Array(pcap[0..<4]) == [0xD4, 0xC3, 0xB2, 0xA1])
        let ip = Array(pcap[40..<60])
        #expect(FlightRecorderTests.sum(ip) == 0xFFFF)
        // It came to the address that Parley has there.
        #expect(Array(ip[16..<20]) == [192, 0, 2, 7])
        #expect(Array(pcap[62..<64]) == [0x13, 0xCA])
        let datagram = Array(pcap[60...])
        let length = UInt16(datagram.count)
        let pseudo = Array(ip[12..<20]) + [0, 17, UInt8(length >> 8), UInt8(length & 0xFF)]
        #expect(FlightRecorderTests.sum(pseudo + datagram) == 0xFFFF)
        #expect(String(decoding: datagram[8...], as: UTF8.self).hasPrefix("INVITE sip:+xxxxxx99@h SIP/2.0"))
    }

    /// The sum of the Internet over octets that hold their own: all ones when it is right.
    private static func sum(_ octets: [UInt8]) -> UInt32 {
        var sum: UInt32 = 0
        for (index, octet) in octets.enumerated() {
            sum += index.isMultiple(of: 2) ? UInt32(octet) << 8 : UInt32(octet)
        }
        while sum >> 16 != 0 { sum = sum & 0xFFFF + sum >> 16 }
        return sum
    }
}
