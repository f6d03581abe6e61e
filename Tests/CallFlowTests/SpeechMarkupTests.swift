import CallFlow
import Testing

@Suite("SSML")
struct SpeechMarkupTests {
    private static func shown(_ piece: SSML.Piece) -> String {
        switch piece {
        case .text(let text, let style): style.sayAs.map { "\($0.reading.rawValue):\(text)" } ?? text
        case .pause(let milliseconds): "<\(milliseconds)>"
        case .audio(let path, let otherwise): "[\(path)|\(otherwise.map(shown).joined(separator: ","))]"
        }
    }

    @Test(
        "markup becomes pieces, and what is no markup is text",
        arguments: [
            ("Hello <b>there</b> you", ["Hello there you"]),
            ("a <break time=\"1.5s\"/> b<break strength='weak'/>c", ["a", "<1500>", "b", "<250>", "c"]),
            ("<speak><p>One.</p><p>Two.</p></speak>", ["<300>", "One.", "<300>", "<300>", "Two.", "<300>"]),
            ("<audio src=\"x.wav\">none</audio> then", ["[x.wav|none]", "then"]),
            ("<audio src='x.wav'/>", ["[x.wav|]"]), ("3 < 4 & 5 > 2", ["3 < 4 & 5 > 2"]),
            ("Tom &amp; Jerry &#65; &bogus;", ["Tom & Jerry A &bogus;"]),
            ("<say-as interpret-as=\"digits\">123</say-as>.", ["digits:123", "."]),
            ("<!-- no --><![CDATA[<yes>]]>", ["<yes>"]), ("<prosody rate=\"slow\">a", ["a"]),
            ("<sub alias=\"World Wide Web\">WWW</sub> x", ["World Wide Web x"]), ("</p>x", ["x"]), ("<", ["<"]),
        ])
    func pieces(text: String, expected: [String]) {
        #expect(SSML(text).pieces.map(SpeechMarkupTests.shown) == expected)
    }

    @Test("what is left out is noted")
    func notes() {
        #expect(SSML("<phoneme ph=\"x\">a</phoneme>").notes.count == 1)
        #expect(SSML("<mstts:express-as>a</mstts:express-as>").notes.count == 1)
        #expect(SSML("<say-as interpret-as=\"song\">a</say-as>").notes.count == 1)
        #expect(SSML("a <break/> b").notes.isEmpty)
    }

    @Test("prosody in prosody multiplies, within bounds")
    func prosody() throws {
        let piece = SSML("<prosody rate=\"50%\"><prosody rate=\"0.5\" volume=\"+6dB\">x</prosody></prosody>").pieces
            .first
        guard case .text(_, let style)? = piece else {
            Issue.record("no text")
            return
        }
        #expect(style.prosody.rate == 0.3)
        #expect(style.prosody.gainInDecibels == 6)
    }

    @Test(
        "say-as turns text into words",
        arguments: [
            ("characters", "", "AB-12", "A B dash 1 2"), ("digits", "", "4711", "4 7 1 1"),
            ("telephone", "", "+15550100123", "plus, 1, 5 5 5, 0 1 0, 0 1 2 3"),
            ("telephone", "", "5550100123", "5 5 5, 0 1 0, 0 1 2 3"), ("ordinal", "", "22", "22nd"),
            ("ordinal", "", "112", "112th"), ("date", "ymd", "2026-03-15", "March 15th, 2026"),
            ("date", "dm", "1.4.", "April 1st"), ("date", "", "13/45/2026", "13/45/2026"),
            ("time", "hms12", "14:05", "2 oh 5 P M"), ("time", "hms24", "08:00", "8 hundred hours"),
            ("currency", "", "USD42.50", "42 dollars and 50 cents"), ("currency", "", "£1", "1 pound"),
            ("currency", "", "€0.01", "1 cent"), ("cardinal", "", "1,200", "1200"),
        ])
    func sayAs(reading: String, format: String, text: String, words: String) throws {
        #expect(try #require(SayAs(reading, format: format)).words(of: text, language: "en-US") == words)
    }

    @Test("no text makes the reader take long or trap")
    func bounds() {
        for text in [
            String(repeating: "<p>", count: 20_000), String(repeating: "<a b=\"", count: 20_000),
            String(repeating: "&#", count: 30_000), String(repeating: "<audio src='x'>", count: 5_000),
            String(repeating: "</x>", count: 20_000), "<break time=\"1e400s\"/><break time='-1s'/>",
        ] {
            #expect(SSML(text).pieces.count <= SSML.Limits.pieces + 1)
        }
    }
}
