/// Session descriptions that a far end offers on one dialog, and what is answered to each.
struct OfferCase: Sendable {
    /// The trunk that it comes to, by its policy of SRTP.
    enum Trunk: UInt16, Sendable, CaseIterable {
        case plain = 5_061
        case offered = 5_062
        case required = 5_063
    }

    /// An offer, and what is said to it.
    struct Step: Sendable {
        /// Lines behind `t=`, or all of them when they begin with `v=` or `o=`; `nil` offers nothing, so that Parley does.
        var lines: String?
        /// A status, with the code of its warning or without, or what an answer says of each medium, as ``OfferTests`` puts
        /// it.
        var answer: String
        /// By UPDATE instead of INVITE.
        var isUpdate = false
        /// The version in `o=`; by default it counts the steps.
        var version: Int?
    }

    var name: String
    var trunk = Trunk.plain
    var steps: [Step]

    private init(_ name: String, at trunk: Trunk = .plain, _ steps: [Step]) {
        self.name = name
        self.trunk = trunk
        self.steps = steps
    }

    /// One offer.
    private init(_ name: String, at trunk: Trunk = .plain, _ lines: String, _ answer: String) {
        self.init(name, at: trunk, [Step(lines: lines, answer: answer)])
    }

    /// A call by PCMU, and offers on it; each of them is refused or answered, and the call goes on.
    private static func later(_ name: String, at trunk: Trunk = .plain, _ steps: [Step]) -> OfferCase {
        OfferCase(
            name, at: trunk,
            [Step(lines: trunk == .required ? secure : audio, answer: trunk == .required ? settled : open)] + steps)
    }

    private static let audio = "m=audio 6000 RTP/AVP 0 8 101\na=rtpmap:101 telephone-event/8000\n"
    private static let open = "audio RTP/AVP 0 101 sendrecv"
    private static let key = "inline:MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw"
    private static let gcmKey = "inline:MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3OA=="
    private static let sha80 = "AES_CM_128_HMAC_SHA1_80"
    private static let sha32 = "AES_CM_128_HMAC_SHA1_32"
    private static let secure = "m=audio 6000 RTP/SAVP 0\na=crypto:1 \(sha80) \(key)\n"
    private static let settled = "audio RTP/SAVP 0 sendrecv crypto 1 \(sha80)"
}

// First offers.
extension OfferCase {
    static let first = formats + directions + addresses + streams + times + keys + bounds + malformed

    private static let formats = [
        OfferCase(
            "two codecs (RFC 4317 2.1)", "m=audio 6000 RTP/AVP 0 8 97\na=rtpmap:97 iLBC/8000\n",
            "audio RTP/AVP 0 sendrecv"),
        OfferCase("the first is not spoken", "m=audio 6000 RTP/AVP 18 4 8\n", "audio RTP/AVP 8 sendrecv"),
        OfferCase("none is spoken", "m=audio 6000 RTP/AVP 18 4 97\na=rtpmap:97 iLBC/8000\n", "488"),
        OfferCase(
            "a name in small letters under another number", "m=audio 6000 RTP/AVP 96\na=rtpmap:96 pcmu/8000/1\n",
            "audio RTP/AVP 96 sendrecv"),
        OfferCase(
            "a fixed number means something else", "m=audio 6000 RTP/AVP 0\na=rtpmap:0 PCMA/8000\n",
            "audio RTP/AVP 0 sendrecv"),
        OfferCase(
            "a number without a meaning before one with", "m=audio 6000 RTP/AVP 99 0\n", "audio RTP/AVP 0 sendrecv"),
        OfferCase(
            "PCMU with another clock", "m=audio 6000 RTP/AVP 96 8\na=rtpmap:96 PCMU/16000\n", "audio RTP/AVP 8 sendrecv"
        ),
        OfferCase("PCMU in stereo", "m=audio 6000 RTP/AVP 96 8\na=rtpmap:96 PCMU/8000/2\n", "audio RTP/AVP 8 sendrecv"),
        OfferCase("keys alone", "m=audio 6000 RTP/AVP 101\na=rtpmap:101 telephone-event/8000\n", "488"),
        OfferCase(
            "keys first", "m=audio 6000 RTP/AVP 96 8\na=rtpmap:96 telephone-event/8000\n", "audio RTP/AVP 8 96 sendrecv"
        ),
        OfferCase(
            "keys with a clock of nothing that is spoken",
            "m=audio 6000 RTP/AVP 0 101\na=rtpmap:101 telephone-event/16000\n", "audio RTP/AVP 0 sendrecv"),
        OfferCase(
            "keys with two clocks",
            "m=audio 6000 RTP/AVP 111 101 110\na=rtpmap:111 opus/48000/2\na=rtpmap:101 telephone-event/8000\na=rtpmap:110 telephone-event/48000\n",
            "audio RTP/AVP 111 110 sendrecv"),
        OfferCase(
            "spaces where one is enough", "m=audio 6000 RTP/AVP 96\na=rtpmap:96   PCMU/8000  \n",
            "audio RTP/AVP 96 sendrecv"),
        OfferCase("G.722 with its clock", "m=audio 6000 RTP/AVP 9 0\n", "audio RTP/AVP 9 sendrecv"),
        OfferCase("comfort noise", "m=audio 6000 RTP/AVP 0 13\n", "audio RTP/AVP 0 13 sendrecv"),
        OfferCase(
            "parameters of what is not there", "m=audio 6000 RTP/AVP 0\na=fmtp:99 x\na=fmtp:0\na=rtpmap:98 x/8000\n",
            "audio RTP/AVP 0 sendrecv"),
    ]

    private static let directions = [
        OfferCase("sends alone", audio + "a=sendonly\n", "audio RTP/AVP 0 101 recvonly"),
        OfferCase("hears alone", audio + "a=recvonly\n", "audio RTP/AVP 0 101 sendonly"),
        OfferCase("neither", audio + "a=inactive\n", "audio RTP/AVP 0 101 inactive"),
        OfferCase("for the whole session", "a=sendonly\n" + audio, "audio RTP/AVP 0 101 recvonly"),
        OfferCase("the medium's own word is the last", "a=inactive\n" + audio + "a=sendrecv\n", open),
        OfferCase("nowhere yet", "m=audio 6000 RTP/AVP 0\nc=IN IP4 0.0.0.0\n", "audio RTP/AVP 0 sendrecv"),
    ]

    private static let addresses = [
        OfferCase(
            "an address of the medium alone",
            "o=- 1 1 IN IP4 h.example\ns=-\nt=0 0\nm=audio 6000 RTP/AVP 0\nc=IN IP4 127.44.0.1\n",
            "audio RTP/AVP 0 sendrecv"),
        OfferCase("no address", "o=- 1 1 IN IP4 127.44.0.1\ns=-\nt=0 0\nm=audio 6000 RTP/AVP 0\n", "488"),
        OfferCase("a name in the place of an address", "m=audio 6000 RTP/AVP 0\nc=IN IP4 nobody.example\n", "488 399"),
        OfferCase("a group", "m=audio 6000 RTP/AVP 0\nc=IN IP4 224.2.36.42/127\n", "488 330"),
        OfferCase("everybody", "m=audio 6000 RTP/AVP 0\nc=IN IP4 255.255.255.255\n", "488 330"),
        OfferCase("an address of another network", "m=audio 6000 RTP/AVP 0\nc=ATM NSAP 47.0091\n", "488 300"),
        OfferCase("an address of another form", "m=audio 6000 RTP/AVP 0\nc=IN X121 47\n", "488 301"),
        OfferCase("IPv6 where media are of IPv4", "m=audio 6000 RTP/AVP 0\nc=IN IP6 2001:db8::1\n", "488 301"),
        OfferCase(
            "IPv6 for the whole session, and IPv4 for the medium",
            "o=- 1 1 IN IP6 ::1\ns=-\nc=IN IP6 2001:db8::1\nt=0 0\nm=audio 6000 RTP/AVP 0\nc=IN IP4 127.44.0.1\n",
            "audio RTP/AVP 0 sendrecv"),
        OfferCase(
            "either family (RFC 4091)",
            "a=group:ANAT 1 2\nm=audio 6000 RTP/AVP 0\nc=IN IP6 2001:db8::1\na=mid:1\nm=audio 6002 RTP/AVP 8\na=mid:2\n",
            "audio RTP/AVP -; audio RTP/AVP 8 sendrecv"),
        OfferCase(
            "IPv6, and IPv4 that is not spoken",
            "m=audio 6000 RTP/AVP 0\nc=IN IP6 2001:db8::1\nm=audio 6002 RTP/AVP 18\n", "488 301"),
        OfferCase("an address that is not what it is called", "m=audio 6000 RTP/AVP 0\nc=IN IP4 2001:db8::1\n", "400"),
        OfferCase(
            "a name that stands for nowhere yet (RFC 6157)", "m=audio 6000 RTP/AVP 0\nc=IN IP6 nobody.invalid\n",
            "audio RTP/AVP 0 sendrecv"),
        OfferCase(
            "reports over another family", "m=audio 6000 RTP/AVP 0\na=rtcp:53020 IN IP6 2001:db8::1\n",
            "audio RTP/AVP 0 sendrecv"),
        OfferCase(
            "reports elsewhere", "m=audio 6000 RTP/AVP 0\na=rtcp:53020 IN IP4 127.44.0.9\n", "audio RTP/AVP 0 sendrecv"),
        OfferCase("reports beside media", "m=audio 6000 RTP/AVP 0\na=rtcp-mux\n", "audio RTP/AVP 0 sendrecv rtcp-mux"),
    ]

    private static let streams = [
        OfferCase(
            "video too (RFC 4317 2.1)", "m=audio 6000 RTP/AVP 0\nm=video 6002 RTP/AVP 31 32\na=rtpmap:31 H261/90000\n",
            "audio RTP/AVP 0 sendrecv; video RTP/AVP -"),
        OfferCase(
            "video first", "m=video 6002 RTP/AVP 31\nm=audio 6000 RTP/AVP 0\n",
            "video RTP/AVP -; audio RTP/AVP 0 sendrecv"),
        OfferCase("video alone", "m=video 6002 RTP/AVP 31\n", "488"),
        OfferCase(
            "two of audio, one for keys (RFC 4317 2.4)",
            "m=audio 6000 RTP/AVP 0\nm=audio 6002 RTP/AVP 97\na=rtpmap:97 telephone-event/8000\na=sendonly\n",
            "audio RTP/AVP 0 sendrecv; audio RTP/AVP -"),
        OfferCase(
            "two of audio, the first not spoken", "m=audio 6000 RTP/AVP 18\nm=audio 6002 RTP/AVP 8\n",
            "audio RTP/AVP -; audio RTP/AVP 8 sendrecv"),
        OfferCase(
            "two of audio, the first is off", "m=audio 0 RTP/AVP 0\nm=audio 6002 RTP/AVP 8\n",
            "audio RTP/AVP -; audio RTP/AVP 8 sendrecv"),
        OfferCase("off", "m=audio 0 RTP/AVP 0\n", "488"),
        OfferCase(
            "no media yet, then audio (RFC 4317 5.1)", [Step(lines: "", answer: ""), Step(lines: audio, answer: open)]),
        OfferCase("fax alone", "m=image 6000 udptl t38\n", "488"),
        OfferCase(
            "fax too", "m=audio 6000 RTP/AVP 0\nm=image 6002 udptl t38\na=T38FaxVersion:0\n",
            "audio RTP/AVP 0 sendrecv; image udptl -"),
        OfferCase(
            "text, an application and what nobody knows",
            "m=text 6004 RTP/AVP 98\nm=application 6006 TCP/BFCP *\nm=nobody 6008 x y\nm=audio 6000 RTP/AVP 0\n",
            "text RTP/AVP -; application TCP/BFCP -; nobody x -; audio RTP/AVP 0 sendrecv"),
        OfferCase(
            "in a bundle",
            "a=group:BUNDLE 0 1\nm=audio 6000 RTP/AVP 0\na=mid:0\na=rtcp-mux\nm=video 6000 RTP/AVP 31\na=mid:1\na=bundle-only\n",
            "audio RTP/AVP 0 sendrecv rtcp-mux; video RTP/AVP -"),
        OfferCase(
            "with ICE",
            "a=ice-options:trickle\nm=audio 6000 RTP/AVP 0\na=ice-ufrag:x\na=ice-pwd:y\na=candidate:1 1 UDP 2130706431 127.44.0.1 6000 typ host\na=candidate:x\n",
            "audio RTP/AVP 0 sendrecv"),
        OfferCase("over a transport that nobody knows", "m=audio 6000 TCP/RTP/AVP 0\n", "488"),
        OfferCase("with feedback", "m=audio 6000 RTP/AVPF 0\na=rtcp-fb:* nack\n", "audio RTP/AVPF 0 sendrecv"),
        OfferCase(
            "of a browser", "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\na=fingerprint:sha-256 AA\na=setup:actpass\n", "488"),
        OfferCase("two ports", "m=audio 6000/2 RTP/AVP 0\n", "audio RTP/AVP 0 sendrecv"),
        OfferCase(
            "lines that mean nothing here",
            "b=AS:64\nk=clear:x\nz=0 0\nm=audio 6000 RTP/AVP 0\ni=x\nb=TIAS:64000\na=x\na=y:z\n",
            "audio RTP/AVP 0 sendrecv"),
    ]

    private static let times = [
        OfferCase("30 ms", "m=audio 6000 RTP/AVP 0\na=ptime:30\n", "audio RTP/AVP 0 sendrecv ptime 30"),
        OfferCase(
            "no more than 10 ms", "m=audio 6000 RTP/AVP 0\na=ptime:20\na=maxptime:10\n",
            "audio RTP/AVP 0 sendrecv ptime 10"),
        OfferCase(
            "no more than can be sent", "m=audio 6000 RTP/AVP 0\na=maxptime:5\n", "audio RTP/AVP 0 sendrecv ptime 10"),
        OfferCase("200 ms", "m=audio 6000 RTP/AVP 0\na=ptime:200\n", "audio RTP/AVP 0 sendrecv"),
        OfferCase("0 ms", "m=audio 6000 RTP/AVP 0\na=ptime:0\na=maxptime:0\n", "audio RTP/AVP 0 sendrecv"),
        OfferCase(
            "a time past 64 bits",
            "m=audio 6000 RTP/AVP 0\na=ptime:99999999999999999999\na=maxptime:-99999999999999999999\n",
            "audio RTP/AVP 0 sendrecv"),
    ]

    private static let keys = [
        OfferCase(
            "keys where none are wanted", "m=audio 6000 RTP/AVP 0\na=crypto:1 \(sha80) \(key)\n",
            "audio RTP/AVP 0 sendrecv"),
        OfferCase("SRTP where none is wanted", secure, "488"),
        OfferCase(
            "either, where none is wanted", secure + "m=audio 6002 RTP/AVP 0\n",
            "audio RTP/SAVP -; audio RTP/AVP 0 sendrecv"),
        OfferCase(
            "either, where both are", at: .offered, "m=audio 6002 RTP/AVP 0\n" + secure, "audio RTP/AVP -; " + settled),
        OfferCase(
            "keys beside plain media", at: .offered, "m=audio 6000 RTP/AVP 0\na=crypto:1 \(sha80) \(key)\n",
            "audio RTP/AVP 0 sendrecv crypto 1 \(sha80)"),
        OfferCase("no keys", at: .offered, "m=audio 6000 RTP/AVP 0\n", "audio RTP/AVP 0 sendrecv"),
        OfferCase("SRTP without keys", at: .offered, "m=audio 6000 RTP/SAVP 0\n", "488"),
        OfferCase("SRTP", at: .required, secure, settled),
        OfferCase(
            "no media yet, then SRTP", at: .required,
            [Step(lines: "", answer: ""), Step(lines: secure, answer: settled)]),
        OfferCase("no SRTP", at: .required, "m=audio 6000 RTP/AVP 0\n", "488"),
        OfferCase(
            "keys beside plain media, where they are not enough", at: .required,
            "m=audio 6000 RTP/AVP 0\na=crypto:1 \(sha80) \(key)\n", "488"),
        OfferCase(
            "keys of several kinds", at: .required,
            "m=audio 6000 RTP/SAVPF 0\na=crypto:4 F8_128_HMAC_SHA1_80 \(key)\na=crypto:5 AEAD_AES_128_GCM \(gcmKey)\na=crypto:6 \(sha80) \(key)\n",
            "audio RTP/SAVPF 0 sendrecv crypto 5 AEAD_AES_128_GCM"),
        OfferCase(
            "a short tag", at: .required, "m=audio 6000 RTP/SAVP 0\na=crypto:9 \(sha32) \(key)|2^20\n",
            "audio RTP/SAVP 0 sendrecv crypto 9 \(sha32)"),
        OfferCase(
            "keys with hints, and with what may be passed over", at: .required,
            "m=audio 6000 RTP/SAVP 0\na=crypto:1 \(sha80) \(key) KDR=1\na=crypto:2 \(sha80) \(key) WSH=128 -X=1\n",
            "audio RTP/SAVP 0 sendrecv crypto 2 \(sha80)"),
        OfferCase(
            "a tag with a zero before it", at: .required, "m=audio 6000 RTP/SAVP 0\na=crypto:01 \(sha80) \(key)\n",
            "488 302"
        ),
        OfferCase(
            "keys that are none", at: .required,
            "m=audio 6000 RTP/SAVP 0\na=crypto:1 \(sha80) inline:AAAA\na=crypto:2 \(sha80) \(key) UNENCRYPTED_SRTP\na=crypto:3 \(sha80) \(key)|1:4\n",
            "488"),
        OfferCase(
            "a good key behind bad ones", at: .required,
            "m=audio 6000 RTP/SAVP 0\na=crypto:1 \(sha80) inline:AAAA\na=crypto\na=crypto:2 \(sha80) \(key)\n",
            "audio RTP/SAVP 0 sendrecv crypto 2 \(sha80)"),
    ]

    private static let bounds = [
        OfferCase(
            "64 formats", "m=audio 6000 RTP/AVP " + (0..<64).map { "\($0)" }.joined(separator: " ") + "\n",
            "audio RTP/AVP 0 13 sendrecv"),
        OfferCase(
            "65 formats", "m=audio 6000 RTP/AVP " + (0..<65).map { "\($0)" }.joined(separator: " ") + "\n", "488"),
        OfferCase("17 media", String(repeating: "m=audio 6000 RTP/AVP 0\n", count: 17), "488"),
        OfferCase("600 attributes", "m=audio 6000 RTP/AVP 0\n" + String(repeating: "a=x\n", count: 600), "488"),
        OfferCase(
            "an attribute of 40,000 octets",
            "m=audio 6000 RTP/AVP 0\na=x:" + String(repeating: "x", count: 40_000) + "\n", "audio RTP/AVP 0 sendrecv"),
    ]

    private static let malformed = [
        OfferCase("a format past 127", "m=audio 6000 RTP/AVP 128\n", "400"),
        OfferCase("a format that is a word", "m=audio 6000 RTP/AVP pcmu\n", "400"),
        OfferCase("a port past 16 bits", "m=audio 65536 RTP/AVP 0\n", "400"),
        OfferCase("no formats", "m=audio 6000 RTP/AVP\n", "400"),
        OfferCase(
            "another version",
            "v=1\no=- 1 1 IN IP4 127.44.0.1\ns=-\nc=IN IP4 127.44.0.1\nt=0 0\nm=audio 6000 RTP/AVP 0\n", "400"),
        OfferCase("no origin", "v=0\ns=-\nc=IN IP4 127.44.0.1\nt=0 0\nm=audio 6000 RTP/AVP 0\n", "400"),
        OfferCase("an origin that is none", "o=me\ns=-\nc=IN IP4 127.44.0.1\nt=0 0\nm=audio 6000 RTP/AVP 0\n", "400"),
        OfferCase(
            "an origin in another network",
            "o=- 1 1 ATM NSAP 47.0091\ns=-\nc=IN IP4 127.44.0.1\nt=0 0\nm=audio 6000 RTP/AVP 0\n",
            "audio RTP/AVP 0 sendrecv"),
        OfferCase(
            "neither name nor time", "o=- 1 1 IN IP4 127.44.0.1\nc=IN IP4 127.44.0.1\nm=audio 6000 RTP/AVP 0\n",
            "audio RTP/AVP 0 sendrecv"),
        OfferCase("a line that is none", "nothing\nm=audio 6000 RTP/AVP 0\n", "400"),
        OfferCase(
            "a session past 64 bits",
            "o=- 99999999999999999999 99999999999999999999 IN IP4 127.44.0.1\ns=-\nc=IN IP4 127.44.0.1\nt=0 0\nm=audio 6000 RTP/AVP 0\n",
            "audio RTP/AVP 0 sendrecv"),
    ]
}

// Later offers.
extension OfferCase {
    static let later = [
        later(
            "hold and resume",
            [
                Step(lines: audio + "a=sendonly\n", answer: "audio RTP/AVP 0 101 recvonly"),
                Step(lines: audio, answer: open),
                Step(lines: audio + "a=inactive\n", answer: "audio RTP/AVP 0 101 inactive"),
                Step(lines: audio, answer: open),
                Step(lines: "m=audio 6000 RTP/AVP 0\nc=IN IP4 0.0.0.0\n", answer: "audio RTP/AVP 0 sendrecv"),
                Step(lines: audio, answer: open),
            ]),
        later(
            "the same again has the same version",
            [
                Step(lines: audio, answer: open, version: 1),
                Step(lines: audio, answer: open, isUpdate: true, version: 1),
            ]),
        later(
            "fewer codecs, and another",
            [
                Step(lines: "m=audio 6000 RTP/AVP 0\n", answer: "audio RTP/AVP 0 sendrecv"),
                Step(lines: "m=audio 6000 RTP/AVP 8\n", answer: "audio RTP/AVP 8 sendrecv"),
            ]),
        later(
            "another port, address and number of keys",
            [
                Step(
                    lines: "m=audio 6100 RTP/AVP 0 96\nc=IN IP4 127.44.0.9\na=rtpmap:96 telephone-event/8000\n",
                    answer: "audio RTP/AVP 0 96 sendrecv")
            ]),
        later(
            "a number that meant something else",
            [
                Step(lines: "m=audio 6000 RTP/AVP 101\na=rtpmap:101 PCMA/8000\n", answer: "audio RTP/AVP 101 sendrecv"),
                Step(lines: audio, answer: open),
            ]),
        later(
            "what is not spoken is refused, and the call goes on",
            [
                Step(lines: "m=audio 6000 RTP/AVP 18\n", answer: "488"),
                Step(lines: "m=audio 6000 RTP/AVP 300\n", answer: "400"),
                Step(lines: "m=audio 6000 RTP/AVP 0\nc=IN IP4 239.0.0.1\n", answer: "488"),
                Step(lines: "m=audio 6000 RTP/AVP 0\nc=IN IP6 2001:db8::1\n", answer: "488 301"),
                Step(lines: "m=audio 6000 RTP/AVP 0\nc=IN IP6 2001:db8::1\n", answer: "488 301", isUpdate: true),
                Step(lines: audio, answer: open),
            ]),
        later(
            "taken away and brought back (RFC 3264 8.2)",
            [
                Step(lines: "m=audio 0 RTP/AVP 0\n", answer: "audio RTP/AVP -"), Step(lines: audio, answer: open),
            ]),
        later(
            "video comes and goes (RFC 4317 4)",
            [
                Step(lines: audio + "m=video 6002 RTP/AVP 31\n", answer: open + "; video RTP/AVP -"),
                Step(lines: audio + "m=video 0 RTP/AVP 31\n", answer: open + "; video RTP/AVP -"),
            ]),
        later(
            "fax in the place of speech",
            [
                Step(lines: "m=audio 0 RTP/AVP 0\nm=image 6002 udptl t38\n", answer: "488"),
                Step(lines: "m=image 6000 udptl t38\n", answer: "488"), Step(lines: audio, answer: open),
            ]),
        later(
            "nothing, so that Parley offers", [Step(lines: nil, answer: "audio RTP/AVP 0 8 101 13 sendrecv rtcp-mux")]),
        later(
            "by UPDATE",
            [
                Step(lines: audio + "a=sendonly\n", answer: "audio RTP/AVP 0 101 recvonly", isUpdate: true),
                Step(lines: "m=audio 6000 RTP/AVP 18\n", answer: "488", isUpdate: true),
                Step(lines: nil, answer: "200", isUpdate: true), Step(lines: audio, answer: open, isUpdate: true),
            ]),
        later(
            "new keys, and none", at: .required,
            [
                Step(lines: secure.replacing("MTIz", with: "MTIx"), answer: settled),
                Step(lines: "m=audio 6000 RTP/AVP 0\n", answer: "488"), Step(lines: secure, answer: settled),
            ]),
    ]
}
