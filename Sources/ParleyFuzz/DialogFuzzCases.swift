import AgentFiles
import CallFlow
import Formula
import Telephony

extension FuzzCases {
    /// A topic's document: whatever can be read of it runs, with a caller who presses and says things.
    static func yaml(_ bytes: Span<UInt8>) {
        let text = bytes.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        let reading = AgentFolder.readTopic(
            text, name: "T", flows: ["f"], entities: ["E": "kind: RegexEntity\npattern: a"])
        guard let topics = reading.partial?.topics, let first = topics.first else { return }
        var start = first
        start.name = "Start"
        start.trigger = Trigger(kind: .onConversationStart)
        let agent = Agent(name: "fuzz", settings: VoiceSettings(), topics: [start] + topics, environment: [:])
        let facts = CallFacts(
            id: "c", from: "+1", to: "+2", startedAt: WallTime(millisecondsSince1970: 0), timeZone: "UTC", headers: [],
            seed: 1)
        var session = Session(agent: agent, call: facts, clockRate: ClockRate(8_000))
        session.start(at: .zero)
        var time = SampleTime.zero
        for step in 0..<16 {
            time += 16_000
            session.advance(to: time)
            var wishes: [SessionOutput] = []
            while let wish = session.poll() { wishes.append(wish) }
            for wish in wishes { answer(wish, &session, time, step) }
            if let digit = Digit(code: UInt8(step)) { session.receive(.digit(digit, source: .inBand), at: time) }
        }
        session.receive(.callerHungUp, at: time)
    }

    private static func answer(_ wish: SessionOutput, _ session: inout Session, _ time: SampleTime, _ step: Int) {
        switch wish {
        case .play(let playback): session.receive(.promptEnded(playback.id), at: time)
        case .listen(let request, _):
            let words = ["yes", "one two three", "march third at five pm", "twelve dollars fifty", "hold on", ""]
            session.receive(.recognized(request, text: words[step % words.count], confidence: 1), at: time)
        case .http(let request, _):
            let body = Value.parsed(json: "{\"a\":[1,2],\"b\":\"c\"}")
            session.receive(.httpAnswered(request, .answered(status: 200, body: body, headers: [])), at: time)
        case .ask(let request, _): session.receive(.questionAnswered(request, .answered("so")), at: time)
        case .transfer: session.receive(.transferEnded(.busy), at: time)
        default: break
        }
    }

    /// Speech markup, and what `say-as` makes of its pieces.
    static func ssml(_ bytes: Span<UInt8>) {
        let text = bytes.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        say(SSML(text).pieces)
    }

    private static func say(_ pieces: [SSML.Piece]) {
        for piece in pieces {
            switch piece {
            case .text(let text, let style):
                _ = style.sayAs?.words(of: text, language: style.language)
                for reading in SayAs.Reading.allCases {
                    _ = SayAs(reading.rawValue, format: "dmy")?.words(of: text, language: "en-US")
                }
            case .audio(_, let otherwise): say(otherwise)
            case .pause: break
            }
        }
    }
}
