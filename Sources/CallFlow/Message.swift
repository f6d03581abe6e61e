package import Formula

/// Something to say.
package struct Message: Sendable {
    /// A piece of what is said, in order.
    package enum Part: Sendable {
        case text(Template, SpeechStyle)
        /// A file by its path relative to the agent folder; the parts are said when it cannot be had.
        case audioFile(Template, otherwise: [Part])
        case pause(milliseconds: Int)
    }

    /// Variants, of which one is said.
    package var variants: [[Part]]
    package var bargeIn: BargeInPermission
    /// The variant is drawn by lot; otherwise the first is said first, the second next, and so on.
    package var isRandom: Bool

    package init(variants: [[Part]], bargeIn: BargeInPermission = .keysAndSpeech, isRandom: Bool = true) {
        self.variants = variants
        self.bargeIn = bargeIn
        self.isRandom = isRandom
    }

    /// A message of one text that is the same for every caller.
    package init(constant text: String) {
        self.init(variants: [[.text(Template(constant: text), SpeechStyle())]])
    }

    /// Every formula of every variant, in order.
    package var templates: [Template] { variants.flatMap { $0.flatMap(\.templates) } }
}

extension Message.Part {
    /// An audio file by its path.
    package static func audioFile(_ path: String) -> Message.Part {
        .audioFile(Template(constant: path), otherwise: [])
    }

    /// The templates in this part.
    package var templates: [Template] {
        switch self {
        case .text(let template, _): [template]
        case .audioFile(let path, let otherwise): [path] + otherwise.flatMap(\.templates)
        case .pause: []
        }
    }
}

/// How words are said: what SSML puts around them.
package struct SpeechStyle: Sendable, Hashable {
    package var prosody = Prosody()
    package var sayAs: SayAs?
    /// BCP 47; empty for the agent's language.
    package var language = ""
    /// A voice of the synthesiser; empty for the agent's.
    package var voice = ""

    package init() {}
}

/// `prosody` of SSML: how fast, how loud and how high.
package struct Prosody: Sendable, Hashable {
    /// Times the voice's own speed, 0.3 to 3.
    package var rate = 1.0
    /// Times the voice's own pitch, 0.5 to 2.
    package var pitch = 1.0
    /// Added to the voice's own level, -60 to 12 dB.
    package var gainInDecibels = 0.0

    package init() {}

    package var isNeutral: Bool { self == Prosody() }

    /// This within another: factors multiply, gains add, both within their bounds.
    package func within(_ outer: Prosody) -> Prosody {
        var result = self
        result.rate = min(3, max(0.3, rate * outer.rate))
        result.pitch = min(2, max(0.5, pitch * outer.pitch))
        result.gainInDecibels = min(12, max(-60, gainInDecibels + outer.gainInDecibels))
        return result
    }
}

extension Template {
    /// A text in which braces and backslashes are characters like others.
    package init(constant text: String) {
        var escaped = ""
        for character in text {
            if "\\{}".contains(character) { escaped.append("\\") }
            escaped.append(character)
        }
        self = (try? Template(escaped)) ?? Template(Expression(literal: text))
    }
}
