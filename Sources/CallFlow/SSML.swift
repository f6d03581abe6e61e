/// Speech markup as pieces to be said one after the other (W3C SSML 1.1, with what authors write in practice).
///
/// A bounded reader of text that people wrote: nothing in it is an error that stops, and no text makes it trap. What it
/// cannot use is in ``notes``. A `<` or `&` that begins no markup is a character like others.
package struct SSML: Sendable {
    package indirect enum Piece: Sendable, Hashable {
        case text(String, SpeechStyle)
        /// An audio file and what is said when it cannot be had.
        case audio(String, otherwise: [Piece])
        case pause(milliseconds: Int)
    }

    /// What the reader left out or put right.
    package struct Note: Sendable, Hashable {
        /// Octets from the beginning.
        package var offset: Int
        /// What it is and what to do, in a sentence.
        package var message: String
    }

    /// What a text may cost.
    package enum Limits {
        /// Octets.
        package static let size = 64 << 10
        /// Elements within elements; deeper ones are left out, their text is said.
        package static let depth = 32
        package static let pieces = 1_000
        package static let notes = 20
        /// Of one pause, in milliseconds.
        package static let pause = 60_000
    }

    package private(set) var pieces: [Piece] = []
    package private(set) var notes: [Note] = []

    private var scanner: MarkupScanner
    /// The elements that are open.
    private var open: [Open] = []
    private var text = ""

    private struct Open {
        var name: String
        var style: SpeechStyle
        /// The pieces before an `audio` whose content is being read, and its source.
        var audio: (before: [Piece], source: String)?
        /// The text within is not said: `desc`, `sub`, `metadata`.
        var isSilent = false
    }

    package init(_ source: String) {
        scanner = MarkupScanner(source, limit: Limits.size)
        if source.utf8.count > Limits.size {
            notes.append(Note(offset: 0, message: "is longer than \(Limits.size) octets: the rest is not said"))
        }
        read()
    }

    private mutating func read() {
        while let token = scanner.next(), pieces.count < Limits.pieces {
            switch token {
            case .text(let part): if !open.contains(where: \.isSilent) { text += part }
            case .open(let tag): begin(tag)
            case .close(let name, let offset): end(name, at: offset)
            }
        }
        while let last = open.last {
            note(scanner.offset, "<\(last.name)> is not closed; end it with </\(last.name)>")
            end(last.name, at: scanner.offset)
        }
        flush()
    }

    private mutating func note(_ offset: Int, _ message: String) {
        if notes.count < Limits.notes { notes.append(Note(offset: offset, message: message)) }
    }

    private var style: SpeechStyle { open.last?.style ?? SpeechStyle() }

    /// Makes a piece of the text so far.
    private mutating func flush() {
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        text = ""
        guard !words.isEmpty else { return }
        if case .text(let before, style)? = pieces.last {
            pieces[pieces.count - 1] = .text(before + " " + words, style)
        } else {
            pieces.append(.text(words, style))
        }
    }

    private mutating func pause(_ milliseconds: Int) {
        flush()
        if milliseconds > 0 { pieces.append(.pause(milliseconds: min(milliseconds, Limits.pause))) }
    }

    // MARK: - Elements

    private mutating func begin(_ tag: MarkupScanner.Tag) {
        guard open.count < Limits.depth else { return note(tag.offset, "<\(tag.name)> is nested too deeply") }
        var element = Open(name: tag.name, style: style)
        switch tag.name {
        case "speak", "lexicon", "mark", "bookmark", "w", "token", "word", "lang", "voice": restyle(&element, tag)
        case "p", "paragraph", "s", "sentence": pause(tag.name.hasPrefix("p") ? 300 : 0)
        case "break": pause(SSML.pause(tag, &self))
        case "prosody", "emphasis", "say-as": restyle(&element, tag)
        case "audio":
            flush()
            guard let source = tag["src"], !source.isEmpty else {
                note(tag.offset, "<audio> needs src=\"FILE\"")
                break
            }
            element.audio = (pieces, source)
            pieces = []
        case "sub":
            if !open.contains(where: \.isSilent) { text += " " + (tag["alias"] ?? "") + " " }
            element.isSilent = tag["alias"] != nil
        case "desc", "metadata", "meta": element.isSilent = true
        case "phoneme": note(tag.offset, "<phoneme> is not supported: the word is said as it is written")
        default: note(tag.offset, "<\(tag.name)> is not supported: the words in it are said, the rest of it is not")
        }
        open.append(element)
        if tag.isEmpty { end(tag.name, at: tag.offset) }
    }

    private mutating func restyle(_ element: inout Open, _ tag: MarkupScanner.Tag) {
        var style = style
        switch tag.name {
        case "prosody":
            style.prosody = Prosody(tag).within(style.prosody)
            for name in ["contour", "range", "duration"] where tag[name] != nil {
                note(tag.offset, "'\(name)' of <prosody> is not supported; it has rate, pitch and volume")
            }
        case "emphasis":
            var prosody = Prosody()
            switch tag["level"] ?? "moderate" {
            case "strong": (prosody.rate, prosody.gainInDecibels) = (0.85, 3)
            case "reduced": (prosody.rate, prosody.gainInDecibels) = (1.1, -3)
            case "none": break
            default: prosody.rate = 0.92
            }
            style.prosody = prosody.within(style.prosody)
        case "say-as":
            guard let name = tag["interpret-as"] else {
                return note(tag.offset, "<say-as> needs interpret-as=\"digits\" or another reading")
            }
            style.sayAs = SayAs(name, format: tag["format"] ?? "")
            if style.sayAs == nil {
                note(tag.offset, "interpret-as=\"\(name)\" is not supported; \(SayAs.names) are")
            }
        case "voice": style.voice = tag["name"] ?? style.voice
        case "lang", "speak": style.language = tag["xml:lang"] ?? style.language
        default: break
        }
        if style != element.style { flush() }
        element.style = style
    }

    private mutating func end(_ name: String, at offset: Int) {
        guard let index = open.lastIndex(where: { $0.name == name }) else {
            return note(offset, "</\(name)> closes nothing")
        }
        while open.count > index, let element = open.last {
            if element.name != name { note(offset, "<\(element.name)> is not closed before </\(name)>") }
            let isChanging = element.style != (open.dropLast().last?.style ?? SpeechStyle())
            if isChanging || element.audio != nil { flush() }
            if ["p", "paragraph"].contains(element.name) { pause(300) }
            open.removeLast()
            guard let audio = element.audio else { continue }
            let otherwise = pieces
            pieces = audio.before + [.audio(audio.source, otherwise: otherwise)]
        }
    }

    /// `break`: its time, or the time that its strength stands for.
    private static func pause(_ tag: MarkupScanner.Tag, _ reader: inout SSML) -> Int {
        if let time = tag["time"] {
            if let milliseconds = milliseconds(time) { return milliseconds }
            reader.note(tag.offset, "'\(time)' is no time; write 500ms or 1.5s")
        }
        return switch tag["strength"] ?? "medium" {
        case "none": 0
        case "x-weak": 100
        case "weak": 250
        case "strong": 1_000
        case "x-strong": 1_250
        default: 500
        }
    }

    /// Reads `500ms` or `1.5s`, at most a minute.
    static func milliseconds(_ text: String) -> Int? {
        let isMilliseconds = text.hasSuffix("ms")
        guard isMilliseconds || text.hasSuffix("s") else { return nil }
        guard let number = Double(text.dropLast(isMilliseconds ? 2 : 1)), number.isFinite, number >= 0 else {
            return nil
        }
        return Int(min(Double(Limits.pause), isMilliseconds ? number : number * 1_000))
    }
}

extension Prosody {
    /// Reads rate, pitch and volume: words, percentages, factors, decibels and semitones.
    init(_ tag: MarkupScanner.Tag) {
        if let rate = tag["rate"] { self.rate = Prosody.factor(rate, Prosody.rates, bounds: 0.3...3) ?? 1 }
        if let pitch = tag["pitch"] { self.pitch = Prosody.factor(pitch, Prosody.pitches, bounds: 0.5...2) ?? 1 }
        if let volume = tag["volume"] { gainInDecibels = Prosody.gain(volume) ?? 0 }
    }

    private static let rates: [String: Double] = [
        "x-slow": 0.5, "slow": 0.75, "medium": 1, "default": 1, "fast": 1.25, "x-fast": 1.6,
    ]
    private static let pitches: [String: Double] = [
        "x-low": 0.7, "low": 0.85, "medium": 1, "default": 1, "high": 1.15, "x-high": 1.4,
    ]
    private static let volumes: [String: Double] = [
        "silent": -60, "x-soft": -12, "soft": -6, "medium": 0, "default": 0, "loud": 6, "x-loud": 12,
    ]

    private static func factor(_ text: String, _ words: [String: Double], bounds: ClosedRange<Double>) -> Double? {
        if let word = words[text] { return word }
        var value: Double?
        if text.hasSuffix("%"), let percent = Double(text.dropLast()) {
            value = text.first == "+" || text.first == "-" ? 1 + percent / 100 : percent / 100
            // A bare percentage below 20 is a change in what authors write: 10% means a tenth faster.
            if let known = value, known < 0.2, text.first != "-" { value = 1 + percent / 100 }
        } else if text.hasSuffix("st"), let semitones = Double(text.dropLast(2)), abs(semitones) <= 24 {
            value = 1 + semitones * 0.0595
        } else {
            value = Double(text)
        }
        guard let value, value.isFinite else { return nil }
        return min(bounds.upperBound, max(bounds.lowerBound, value))
    }

    private static func gain(_ text: String) -> Double? {
        if let word = volumes[text] { return word }
        if text.hasSuffix("dB"), let value = Double(text.dropLast(2)), value.isFinite {
            return min(12, max(-60, value))
        }
        let isRelative = text.first == "+" || text.first == "-"
        guard let number = Double(text.hasSuffix("%") ? text.dropLast() : Substring(text)), number.isFinite else {
            return nil
        }
        // SSML 1.0 counts volume from 0 to 100; a change of 10 is about a decibel and a half.
        let decibels = isRelative ? number * 0.15 : (number <= 0 ? -60 : (number - 100) * 0.3)
        return min(12, max(-60, decibels))
    }
}
