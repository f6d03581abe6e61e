import SIP
import Telephony
import Testing

@Suite("Offer and answer (RFC 3264)")
struct OfferAnswerTests {
    private static let head = "v=0\no=- 7 7 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n"
    private static let keyA = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw"

    private static func parse(_ text: String) -> SessionDescription? {
        try? SessionDescription(parsing: Array(text.utf8))
    }

    /// What is answered to the lines of an offer: format, payload types and direction, or why not.
    private static func answer(
        _ lines: String, _ capabilities: MediaCapabilities = MediaCapabilities(), local: LocalMedia = Bench.local
    ) -> (media: NegotiatedMedia?, text: String) {
        var entropy = Entropy(SeededGenerator(seed: 1))
        var session = OfferAnswer(capabilities: capabilities, address: local.address, entropy: &entropy)
        guard let offer = parse(head + lines) else { return (nil, "malformed") }
        do throws(OfferAnswer.Failure) {
            try session.receive(offer: offer)
            let answer = try session.answer(local)
            return (session.negotiated, String(decoding: answer.octets, as: UTF8.self))
        } catch {
            return (nil, "\(error)")
        }
    }

    private static func summary(_ media: NegotiatedMedia?) -> String {
        guard let media else { return "none" }
        let events = media.sendTelephoneEventType.map { " events \($0)" } ?? ""
        return
            "\(media.format.name) \(media.sendPayloadType)\(events) \(media.packetTime) ms \(media.direction.rawValue)"
    }

    @Test(
        "the first format that is spoken here is taken",
        arguments: [
            ("m=audio 4000 RTP/AVP 0 8", "PCMU 0 20 ms sendrecv"),
            ("m=audio 4000 RTP/AVP 18 8 0", "PCMA 8 20 ms sendrecv"),
            ("m=audio 4000 RTP/AVP 9 0 101\na=rtpmap:101 telephone-event/8000", "G722 9 events 101 20 ms sendrecv"),
            (
                "m=audio 4000 RTP/AVP 111 101 110\na=rtpmap:111 opus/48000/2\na=rtpmap:101 telephone-event/8000\n"
                    + "a=rtpmap:110 telephone-event/48000", "opus 111 events 110 20 ms sendrecv"
            ),
            (
                "m=audio 4000 RTP/AVP 111 101\na=rtpmap:111 opus/48000/2\na=rtpmap:101 telephone-event/8000",
                "opus 111 events 101 20 ms sendrecv"
            ),
            ("m=audio 4000 RTP/AVP 96 0\na=rtpmap:96 pcmu/8000", "PCMU 96 20 ms sendrecv"),
            ("m=audio 4000 RTP/AVP 0\na=ptime:30", "PCMU 0 30 ms sendrecv"),
            ("m=audio 4000 RTP/AVP 0\na=ptime:60\na=maxptime:40", "PCMU 0 40 ms sendrecv"),
            ("m=audio 4000 RTP/AVP 0\na=maxptime:5", "PCMU 0 10 ms sendrecv"),
            ("m=audio 4000 RTP/AVP 96\na=rtpmap:96   PCMU/8000  ", "PCMU 96 20 ms sendrecv"),
            ("m=audio 4000 RTP/AVP 0\na=ptime:999999999999999999999", "PCMU 0 20 ms sendrecv"),
            ("m=audio 4000 RTP/AVP 0\na=ptime:-20", "PCMU 0 20 ms sendrecv"),
            ("m=audio 4000 RTP/AVP 0\na=sendonly", "PCMU 0 20 ms recvonly"),
            ("m=audio 4000 RTP/AVP 0\na=recvonly", "PCMU 0 20 ms sendonly"),
            ("m=audio 4000 RTP/AVP 0\na=inactive", "PCMU 0 20 ms inactive"),
            ("m=video 5000 RTP/AVP 31\nm=audio 4000 RTP/AVP 0", "PCMU 0 20 ms sendrecv"),
            (
                "m=audio 4000 UDP/TLS/RTP/SAVPF 111\na=rtpmap:111 opus/48000/2\nm=audio 4002 RTP/AVP 0",
                "PCMU 0 20 ms sendrecv"
            ),
            (
                "m=audio 4000 RTP/AVP 0\na=fingerprint:sha-256 AA\na=ice-ufrag:x\na=candidate:1 1 UDP 1 192.0.2.1 4000 typ host",
                "PCMU 0 20 ms sendrecv"
            ),
        ])
    func taken(lines: String, expected: String) {
        #expect(OfferAnswerTests.summary(OfferAnswerTests.answer(lines + "\n").media) == expected)
    }

    @Test(
        "what cannot be spoken is refused",
        arguments: [
            ("m=audio 4000 RTP/AVP 18", "noCommonFormat"),
            ("m=audio 0 RTP/AVP 0", "noAudio"),
            ("m=video 4000 RTP/AVP 31", "noAudio"),
            ("m=audio 4000 RTP/AVP 128", "malformed"),
            ("m=audio 4000 RTP/AVP x", "malformed"),
            ("m=audio 4000 RTP/AVP 0\na=rtpmap:999 PCMU/8000", "malformed"),
            ("m=audio 4000 RTP/SAVP 0\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:\(keyA)", "srtp"),
            ("m=audio 4000 UDP/TLS/RTP/SAVP 0", "srtp"),
            ("m=audio 4000 RTP/AVP 0\nc=IN IP4 255.255.255.255", "group"),
            ("m=audio 4000 RTP/AVP 0\nc=IN IP4 224.2.1.1/127", "group"),
            ("m=audio 4000 RTP/AVP 0\nc=IN IP6 ff02::1", "group"),
            ("m=audio 4000 RTP/AVP 0\nc=IN IP4 host.example.com", "address"),
            ("m=audio 4000 RTP/AVP 0\na=rtcp:0x10", "malformed"),
            ("m=audio 4000 RTP/AVP 0\na=rtcp:4001 IN IP4 255.255.255.255", "group"),
            ("m=audio 70000 RTP/AVP 0", "malformed"),
            ("m=audio -1 RTP/AVP 0", "malformed"),
            ("m=audio", "malformed"),
            ("m=audio 4000 RTP/AVP 0\nm=video 1 RTP/AVP\ra=x 31", "malformed"),
            ("c=IN IP4 1.2.3", "malformed"),
            ("m=audio 4000 RTP/AVP 0\nc=IN IP4 2001:db8::1", "malformed"),
            ("m=audio 4000 RTP/AVP 0\nc=IN IP6 192.0.2.1", "malformed"),
            ("m=audio 4000 RTP/AVP 0\nc=IN IP6 2001:db8::1", "addressFormat"),
            ("m=audio 4000 RTP/AVP 0\nc=IN X25 1", "addressFormat"),
            ("m=audio 4000 RTP/AVP 0\nc=ATM NSAP 47.0091", "network"),
            ("m=audio 4000 RTP/AVP 0\nc=IN IP6 2001:db8::1\nm=audio 4002 RTP/AVP 18", "addressFormat"),
            ("m=audio 4000 RTP/AVP" + String(repeating: " 0", count: 65), "malformed"),
            (String(repeating: "m=video 0 RTP/AVP 31\n", count: 17), "malformed"),
            ("m=audio 4000 RTP/AVP 0\n" + String(repeating: "a=x\n", count: 600), "malformed"),
        ])
    func refused(lines: String, expected: String) {
        #expect(OfferAnswerTests.answer(lines + "\n").text == expected)
    }

    @Test("of several streams one is taken whose family of addresses is Parley's own", arguments: [false, true])
    func family(isIPv6: Bool) {
        let streams = "m=audio 4000 RTP/AVP 0\nc=IN IP6 2001:db8::1\nm=audio 4002 RTP/AVP 8\nc=IN IP4 192.0.2.1\n"
        var local = Bench.local
        if isIPv6 { local.address = .ipv6(high: 0x2001_0DB8_0000_0000, low: 2) }
        let (media, text) = OfferAnswerTests.answer(streams, local: local)
        #expect(media?.format == (isIPv6 ? .pcmu : .pcma))
        #expect(media?.remote?.port == (isIPv6 ? 4_000 : 4_002))
        #expect(text.contains(isIPv6 ? "m=audio 0 RTP/AVP 8\r\n" : "m=audio 0 RTP/AVP 0\r\n"))
    }

    @Test("where both families are spoken, the offer's is known before it is answered")
    func offeredFamily() throws {
        for (connection, family) in [("IP4 192.0.2.9", AddressFamily.ipv4), ("IP6 2001:db8::9", .ipv6)] {
            var entropy = Entropy(SeededGenerator(seed: 1))
            var session = OfferAnswer(capabilities: MediaCapabilities(), address: .ipv4(1), entropy: &entropy)
            #expect(session.offeredFamily == nil)
            let offer = OfferAnswerTests.head + "m=audio 4000 RTP/AVP 0\nc=IN \(connection)\n"
            try session.receive(offer: #require(OfferAnswerTests.parse(offer)))
            #expect(session.offeredFamily == family)
            _ = try session.answer(
                family == .ipv4 ? Bench.local : LocalMedia(address: .ipv6(high: 1, low: 2), port: 4_000))
            // It is settled with the first exchange.
            let other = family == .ipv4 ? "IP6 2001:db8::9" : "IP4 192.0.2.9"
            let later = OfferAnswerTests.head + "m=audio 4000 RTP/AVP 0\nc=IN \(other)\n"
            #expect(throws: OfferAnswer.Failure.addressFormat) {
                try session.receive(offer: #require(OfferAnswerTests.parse(later)))
            }
        }
    }

    @Test(
        "media that has no place yet is answered, and nothing is sent",
        arguments: ["IP4 0.0.0.0", "IP6 ::", "IP4 nobody.invalid", "IP6 a.nobody.invalid."])
    func nowhere(connection: String) {
        let media = OfferAnswerTests.answer("m=audio 4000 RTP/AVP 0\nc=IN \(connection)\n").media
        #expect(media?.format == .pcmu)
        #expect(media != nil && media?.remote == nil)
        #expect(media?.isHeld == true)
    }

    @Test(
        "of the parameters of a key a hint and what may be passed over do no harm",
        arguments: [
            ("1", "", true), ("0", "", true), ("1", " WSH=128", true), ("1", " -X=1 WSH=64", true), ("01", "", false),
            ("1", " KDR=1", false), ("1", " X=1", false), ("1", " UNENCRYPTED_SRTP", false),
        ])
    func keyParameters(tag: String, more: String, isTaken: Bool) {
        let line = "a=crypto:\(tag) AES_CM_128_HMAC_SHA1_80 inline:\(OfferAnswerTests.keyA)\(more)"
        let media = OfferAnswerTests.answer(
            "m=audio 4000 RTP/SAVP 0\n\(line)\n", MediaCapabilities(srtp: .required)
        ).media
        #expect((media?.srtp != nil) == isTaken)
    }

    @Test("an origin may be in another network, as nothing is sent there")
    func foreignOrigin() {
        let offer = OfferAnswerTests.parse("v=0\no=- 1 1 ATM NSAP 47.0091\ns=-\nt=0 0\n")
        #expect(offer?.origin.address == .ipv4(0))
        #expect(OfferAnswerTests.parse("v=0\no=- 1 1 IN 192.0.2.1\ns=-\nt=0 0\n") == nil)
    }

    @Test("reports that would go to another family of addresses are not sent")
    func reportsOfAnotherFamily() {
        let media = OfferAnswerTests.answer("m=audio 4000 RTP/AVP 0\na=rtcp:4001 IN IP6 2001:db8::1\n").media
        #expect(media?.remote != nil)
        #expect(media?.remoteRTCP == nil)
    }

    @Test(
        "an offer without media is answered in kind, and a later one brings them, takes them away and brings them back")
    func noMedia() throws {
        var entropy = Entropy(SeededGenerator(seed: 2))
        var session = OfferAnswer(capabilities: MediaCapabilities(), address: .ipv4(1), entropy: &entropy)
        func answer(_ lines: String) throws -> [String] {
            try session.receive(offer: SessionDescription(parsing: Array((OfferAnswerTests.head + lines).utf8)))
            return try session.answer(Bench.local).media.map { "\($0.kind) \($0.port)" }
        }
        #expect(try answer("").isEmpty)
        #expect(session.negotiated?.isHeld == true)
        #expect(session.negotiated?.direction == .inactive)
        #expect(try answer("m=audio 4000 RTP/AVP 8\n") == ["audio 20000"])
        #expect(OfferAnswerTests.summary(session.negotiated) == "PCMA 8 20 ms sendrecv")
        #expect(try answer("m=audio 0 RTP/AVP 8\n") == ["audio 0"])
        #expect(session.negotiated?.isHeld == true)
        #expect(session.negotiated?.remoteRTCP == nil)
        #expect(try answer("m=audio 4000 RTP/AVP 8\n") == ["audio 20000"])
        #expect(session.negotiated?.isHeld == false)
        // Fax in the place of speech is refused, and speech goes on.
        #expect(throws: OfferAnswer.Failure.noAudio) {
            _ = try answer("m=audio 0 RTP/AVP 8\nm=image 6000 udptl t38\n")
        }
        #expect(session.negotiated?.isHeld == false)
    }

    @Test("a stream that was taken away is offered again in its place")
    func removedStream() throws {
        var entropy = Entropy(SeededGenerator(seed: 2))
        var session = OfferAnswer(capabilities: MediaCapabilities(), address: .ipv4(1), entropy: &entropy)
        for port in [4_000, 0] {
            let offer = OfferAnswerTests.head + "m=audio \(port) RTP/AVP 0\n"
            try session.receive(offer: SessionDescription(parsing: Array(offer.utf8)))
            _ = try session.answer(Bench.local)
        }
        #expect(try session.offer(Bench.local).media.map(\.port) == [20_000])
    }

    @Test("of several keys the one that the offer has first is taken")
    func keyOrder() {
        let gcm = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3OA=="
        let lines = [
            "a=crypto:7 F8_128_HMAC_SHA1_80 inline:\(OfferAnswerTests.keyA)\n",
            "a=crypto:1 AEAD_AES_128_GCM inline:\(gcm)\n",
            "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:\(OfferAnswerTests.keyA)\n",
        ]
        let suite = { (capabilities: MediaCapabilities) in
            OfferAnswerTests.answer("m=audio 4000 RTP/SAVP 0\n" + lines.joined(), capabilities).media?.srtp?.suite
        }
        #expect(suite(MediaCapabilities(srtp: .required)) == .aeadAES128GCM)
        #expect(suite(MediaCapabilities(prefersLocalOrder: true, srtp: .required)) == .aesCM128HMACSHA1Tag80)
    }

    @Test("other media are refused in their place")
    func order() {
        let (_, text) = OfferAnswerTests.answer(
            "m=video 5000 RTP/AVP 31\nm=audio 4000 RTP/AVP 0\nm=image 6000 udptl t38\nm=audio 4002 RTP/AVP 8\n")
        let lines = text.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("m=") }
        #expect(
            lines == ["m=video 0 RTP/AVP 31", "m=audio 20000 RTP/AVP 0", "m=image 0 udptl t38", "m=audio 0 RTP/AVP 8"])
    }

    @Test(
        "the addresses of media and RTCP are where the offer says",
        arguments: [
            ("m=audio 4000 RTP/AVP 0", "192.0.2.1:4000", "192.0.2.1:4001"),
            ("m=audio 4000 RTP/AVP 0\na=rtcp:4010", "192.0.2.1:4000", "192.0.2.1:4010"),
            ("m=audio 4000 RTP/AVP 0\na=rtcp:4010 IN IP4 192.0.2.8", "192.0.2.1:4000", "192.0.2.8:4010"),
            ("m=audio 4000 RTP/AVP 0\na=rtcp-mux", "192.0.2.1:4000", "192.0.2.1:4000"),
            ("c=IN IP6 2001:db8::5\nm=audio 4000 RTP/AVP 0", "[2001:db8::5]:4000", "[2001:db8::5]:4001"),
            ("m=audio 4000 RTP/AVP 0\nc=IN IP4 0.0.0.0", "nowhere", "nowhere"),
            ("m=audio 65535 RTP/AVP 0", "192.0.2.1:65535", "nowhere"),
        ])
    func addresses(lines: String, media: String, rtcp: String) {
        var local = Bench.local
        if lines.contains("IP6") { local.address = .ipv6(high: 0x2001_0DB8_0000_0000, low: 2) }
        let negotiated = OfferAnswerTests.answer(lines + "\n", local: local).media
        #expect((negotiated?.remote?.hostAndPort ?? "nowhere") == media)
        #expect((negotiated?.remoteRTCP?.hostAndPort ?? "nowhere") == rtcp)
    }

    @Test(
        "SRTP is used as the policy says",
        arguments: [
            (SRTPPolicy.required, "RTP/SAVP", true, "AES_CM_128_HMAC_SHA1_80"),
            (.required, "RTP/SAVP", false, "refused"),
            (.required, "RTP/AVP", true, "refused"), (.required, "RTP/AVP", false, "refused"),
            (.offered, "RTP/SAVP", true, "AES_CM_128_HMAC_SHA1_80"), (.offered, "RTP/SAVP", false, "refused"),
            (.offered, "RTP/AVP", true, "AES_CM_128_HMAC_SHA1_80"), (.offered, "RTP/AVP", false, "plain"),
            (.off, "RTP/SAVP", true, "refused"), (.off, "RTP/AVP", true, "plain"), (.off, "RTP/AVP", false, "plain"),
        ])
    func srtp(policy: SRTPPolicy, proto: String, hasKey: Bool, expected: String) {
        let key = "a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:\(OfferAnswerTests.keyA)|2^20\n"
        let (media, text) = OfferAnswerTests.answer(
            "m=audio 4000 \(proto) 0\n" + (hasKey ? key : ""), MediaCapabilities(srtp: policy))
        #expect((media.map { $0.srtp?.suite.rawValue ?? "plain" } ?? "refused") == expected)
        if let srtp = media?.srtp {
            #expect(String(decoding: srtp.remoteKey.octets, as: UTF8.self) == "123456789012345678901234567890")
            #expect(text.contains("a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:"))
            #expect(text.contains("m=audio 20000 \(proto) 0"))
            #expect(!"\(srtp)".contains("49"))
        }
    }

    @Test(
        "crypto lines with key identifiers, unknown suites, wrong lengths or session parameters are passed over",
        arguments: [
            "1 AES_CM_128_HMAC_SHA1_80 inline:\(keyA)|1:4", "1 F8_128_HMAC_SHA1_80 inline:\(keyA)",
            "1 AES_CM_128_HMAC_SHA1_80 inline:AAAA", "1 AES_CM_128_HMAC_SHA1_80 inline:\(keyA) UNENCRYPTED_SRTP",
            "x AES_CM_128_HMAC_SHA1_80 inline:\(keyA)", "1 AES_CM_128_HMAC_SHA1_80 \(keyA)",
            "1 AES_CM_128_HMAC_SHA1_80 inline:!!!!",
            "9999999999 AES_CM_128_HMAC_SHA1_80 inline:\(keyA)", "",
        ])
    func passedOver(value: String) {
        let lines = "m=audio 4000 RTP/SAVP 0\na=crypto:\(value)\n"
        #expect(OfferAnswerTests.answer(lines, MediaCapabilities(srtp: .required)).text == "srtp")
    }

    @Test(
        "two sides settle every codec",
        arguments: [AudioFormat.pcmu, .pcma, .g722, .opus, .l16(sampleRate: 16_000), .l16(sampleRate: 48_000)],
        SRTPPolicy.allCases)
    func bothSides(format: AudioFormat, policy: SRTPPolicy) throws {
        var entropy = Entropy(SeededGenerator(seed: 2))
        let capabilities = MediaCapabilities(formats: [format], comfortNoise: true, srtp: policy)
        var a = OfferAnswer(capabilities: capabilities, address: .ipv4(1), entropy: &entropy)
        var b = OfferAnswer(capabilities: capabilities, address: .ipv4(2), entropy: &entropy)
        let offer = try a.offer(LocalMedia(address: .ipv4(0xC000_0201), port: 4_000))
        try b.receive(offer: SessionDescription(parsing: offer.octets))
        let answer = try b.answer(LocalMedia(address: .ipv4(0xC000_0202), port: 5_000))
        let media = try a.receive(answer: SessionDescription(parsing: answer.octets))
        #expect(media.format == format)
        #expect(b.negotiated?.format == format)
        #expect(media.sendTelephoneEventType != nil)
        #expect(media.remote?.hostAndPort == "192.0.2.2:5000")
        #expect(media.rtcpMux)
        #expect(media.srtp?.localKey == b.negotiated?.srtp?.remoteKey)
        #expect(media.srtp?.remoteKey == b.negotiated?.srtp?.localKey)
        #expect((media.srtp != nil) == (policy != .off))
    }

    @Test("a later offer keeps the order of lines and payload types, and the version counts changes")
    func reoffer() throws {
        var entropy = Entropy(SeededGenerator(seed: 2))
        var session = OfferAnswer(capabilities: MediaCapabilities(), address: .ipv4(1), entropy: &entropy)
        let offer =
            OfferAnswerTests.head + "m=video 5000 RTP/AVP 31\nm=audio 4000 RTP/AVP 96 97\n"
            + "a=rtpmap:96 opus/48000/2\na=rtpmap:97 telephone-event/48000\n"
        try session.receive(offer: SessionDescription(parsing: Array(offer.utf8)))
        let first = try session.answer(Bench.local)
        var local = Bench.local
        local.direction = .sendOnly
        let second = try session.offer(local)
        #expect(second.media.map(\.kind) == ["video", "audio"])
        #expect(second.media.map(\.port) == [0, 20_000])
        #expect(second.media[1].attributes(named: "rtpmap").contains("96 opus/48000/2"))
        #expect(second.media[1].attributes(named: "rtpmap").contains("97 telephone-event/48000"))
        #expect(second.media[1].attribute("sendonly") != nil)
        #expect(second.origin.version == first.origin.version + 1)
        #expect(second.origin.sessionID == first.origin.sessionID)
        session.rollBack()
        #expect(try session.offer(local).origin.version == second.origin.version)
    }

    @Test(
        "an answer that does not fit its offer is refused",
        arguments: [
            ("m=audio 4000 RTP/AVP 18", "noCommonFormat"), ("m=audio 0 RTP/AVP 0", "noCommonFormat"),
            ("m=video 4000 RTP/AVP 31", "noCommonFormat"), ("", "answer"),
            ("m=audio 4000 RTP/AVP 0\nm=audio 4000 RTP/AVP 0", "answer"), ("m=audio 4000 RTP/AVP 200", "malformed"),
            ("m=audio 4000 RTP/AVP 0\nc=IN IP6 2001:db8::1", "addressFormat"),
            ("m=audio 4000 RTP/AVP 0\nc=ATM NSAP 47", "network"),
        ])
    func badAnswers(lines: String, expected: String) throws {
        var entropy = Entropy(SeededGenerator(seed: 2))
        var session = OfferAnswer(capabilities: MediaCapabilities(), address: .ipv4(1), entropy: &entropy)
        _ = try session.offer(Bench.local)
        let answer = try SessionDescription(parsing: Array((OfferAnswerTests.head + lines + "\n").utf8))
        let failure = #expect(throws: OfferAnswer.Failure.self) { try session.receive(answer: answer) }
        #expect(failure.map { "\($0)" } == expected)
    }

    @Test("what is written reads back as it was")
    func roundTrip() throws {
        var entropy = Entropy(SeededGenerator(seed: 4))
        var session = OfferAnswer(
            capabilities: MediaCapabilities(formats: [.opus, .pcmu], srtp: .offered), address: .ipv6(high: 1, low: 2),
            entropy: &entropy)
        let offer = try session.offer(
            LocalMedia(address: .ipv6(high: 0x2001_0DB8_0000_0000, low: 2), port: 4_000, rtcpPort: 4_100))
        #expect(try SessionDescription(parsing: offer.octets) == offer)
    }

    @Test("once a format is settled, later offers and answers stay at its rate")
    func rateIsKept() throws {
        var entropy = Entropy(SeededGenerator(seed: 1))
        var session = OfferAnswer(
            capabilities: MediaCapabilities(), address: Bench.local.address, entropy: &entropy)
        let first = try #require(OfferAnswerTests.parse(OfferAnswerTests.head + "m=audio 4000 RTP/AVP 0"))
        try session.receive(offer: first)
        _ = try session.answer(Bench.local)
        let wideband = "m=audio 4000 RTP/AVP 111 9 8\na=rtpmap:111 opus/48000/2"
        let second = try #require(OfferAnswerTests.parse(OfferAnswerTests.head + wideband))
        try session.receive(offer: second)
        _ = try session.answer(Bench.local)
        #expect(session.negotiated?.format == .pcma)
        let opusAlone = "m=audio 4000 RTP/AVP 111\na=rtpmap:111 opus/48000/2"
        let third = try #require(OfferAnswerTests.parse(OfferAnswerTests.head + opusAlone))
        #expect(throws: OfferAnswer.Failure.noCommonFormat) { try session.receive(offer: third) }
        let offer = try session.offer(Bench.local)
        let text = String(decoding: offer.octets, as: UTF8.self)
        #expect(text.contains("PCMU/8000") || text.contains("RTP/AVP 0 8"))
        #expect(!text.contains("opus") && !text.contains("G722"))
    }
}
