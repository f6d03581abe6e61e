import AudioFiles

/// A key of the configuration file: what it takes, what holds without it, what it means.
package struct ConfigurationKey: Sendable {
    package enum Kind: Sendable {
        case text
        case number(ClosedRange<Int>)
        case flag
        case words([String])
        case texts

        /// What a value is, for messages.
        var description: String {
            switch self {
            case .text: "a text"
            case .number(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
            case .flag: "true or false"
            case .words(let words): "one of " + words.joined(separator: ", ")
            case .texts: "a list of texts"
            }
        }
    }

    /// Names from the outermost in; `*` stands for a name that the file chooses.
    package let path: [String]
    package let kind: Kind
    /// What holds without it, as it would be written; empty when there is nothing.
    package let fallback: String
    package let meaning: String

    init(_ path: String, _ kind: Kind, _ fallback: String = "", _ meaning: String) {
        self.path = path.split(separator: ".").map(String.init)
        self.kind = kind
        self.fallback = fallback
        self.meaning = meaning
    }

    func matches(_ names: [String]) -> Bool {
        path.count == names.count && zip(path, names).allSatisfy { $0 == "*" || $0 == $1 }
    }

    /// Whether names lead to this key, or on the way to it.
    func begins(with names: [String]) -> Bool {
        path.count >= names.count && zip(path, names).allSatisfy { $0 == "*" || $0 == $1 }
    }

    /// The environment variable that has the value of a key: `PARLEY_LIMITS_CALLS` for `limits.calls`.
    package static func variable(_ names: [String]) -> String {
        "PARLEY_" + names.map(word).joined(separator: "_")
    }

    /// Upper case, with `_` for every other character and where a small letter meets a capital.
    private static func word(_ name: String) -> String {
        var word = ""
        var wasSmall = false
        for character in name {
            if wasSmall, character.isUppercase { word += "_" }
            wasSmall = character.isLowercase
            word += character.isLetter || character.isNumber ? character.uppercased() : "_"
        }
        return word
    }
}

extension ConfigurationKey {
    /// Every key, in the order in which the reference tells them.
    package static let all = service + people + trunks

    private static let service: [ConfigurationKey] = [
        .init("agents.*", .text, "", "An agent folder, by the name that trunks call it; relative to this file."),
        .init(
            "media.address", .text, "0.0.0.0",
            "Where media sockets are bound; '::' takes IPv4 and IPv6, and is the default when a trunk listens on IPv6."),
        .init("media.ports", .text, "10000-13999", "The first and the last UDP port of media; a call takes two."),
        .init(
            "media.shards", .number(1...64), "1", "Threads of media, each with its share of the ports; one a core."),
        .init("media.hold-music", .text, "", "The audio file that who is on hold hears again and again."),
        .init("media.dscp", .number(0...63), "46", "The DSCP of media."),
        .init("store", .text, "", "Where call contexts are kept: a SQLite file or a postgresql:// address."),
        .init("recordings.folder", .text, "", "Where a recording of each call is written."),
        .init("recordings.format", .words(["wav", "opus"]), "wav", "The form of recordings."),
        .init(
            "recordings.channels", .words(RecordingChannels.allCases.map(\.rawValue)), "separate",
            "'separate' has the caller left and what the caller hears right, 'mixed' both on one channel; 'legs' is as "
                + "'separate', and every further party has a recording of its own from when it is connected."),
        .init(
            "recordings.key", .text, "",
            "Encrypt recordings with the key at env:NAME or file:PATH, 64 hexadecimal digits."),
        .init("recordings.days", .number(1...36_500), "", "Recordings go after so many days."),
        .init(
            "journal.folder", .text, "",
            "Where each call's journal is kept, by which 'parley replay --journal' runs it again; none is without it."),
        .init(
            "journal.key", .text, "",
            "Journals are encrypted with the key at env:NAME or file:PATH, 64 hexadecimal digits."),
        .init("journal.call-megabytes", .number(1...65_536), "64", "A journal that grows longer breaks off."),
        .init("journal.total-megabytes", .number(1...16_777_216), "4096", "The oldest journals go beyond it."),
        .init("connectors", .text, "", "The file of connectors that contexts are sent through."),
        .init("limits.calls", .number(1...100_000), "2000", "The most calls at a time; more are answered 503."),
        .init("limits.call-seconds", .number(1...604_800), "14400", "The longest that a call may be."),
        .init(
            "limits.media-timeout-seconds", .number(1...3_600), "30",
            "A call that is not on hold and without RTP for so long ends."),
        .init(
            "limits.dead-air-seconds", .number(0...3_600), "60",
            "A call in which Parley says and asks nothing for so long ends; 0 lets it."),
        .init(
            "limits.lateness-milliseconds", .number(0...1_000), "30",
            "New calls are answered 503 while media leaves this late on average; 0 never refuses for it."),
        .init(
            "limits.load-percent", .number(0...100), "85",
            "New calls are answered 503 while a media thread uses more of its core; 0 never refuses for it."),
        .init(
            "limits.drain-seconds", .number(0...86_400), "60",
            "How long running calls may go on after SIGTERM; then they are hung up."),
        .init(
            "outbound.allowed", .texts, "[]",
            "Who may be called: '+442079460000', '+4420*', 'sip:alice@example.com', '*@example.com'."),
        .init("outbound.denied", .texts, "[]", "Who may not, whatever is allowed; written in the same ways."),
        .init(
            "outbound.agents", .text, "",
            "The number or SIP URI where callers who ask for an agent go when there is no queue."),
        .init("outbound.queue", .text, "", "The queue of callers who ask for an agent and name none."),
        .init("outbound.ring-seconds", .number(1...300), "30", "For how long somebody who is called may be rung."),
        .init(
            "outbound.pool.numbers", .texts, "[]",
            "Numbers that lead to a system which strips every header: 'pool' as a target leases one, and the number called names the context."
        ),
        .init("outbound.pool.lease-seconds", .number(5...3_600), "120", "For how long a number names a context."),
        .init("outbound.pool.rest-seconds", .number(0...3_600), "60", "How long a number is not leased again."),
        .init("outbound.per-caller", .number(0...100_000), "", "Calls placed for one caller in any 24 hours."),
        .init("outbound.per-day", .number(0...10_000_000), "", "Calls placed in any 24 hours, by one shard."),
        .init("outbound.concurrent", .number(0...100_000), "", "Calls placed that are up at once, on one shard."),
        .init(
            "log.level", .words(["trace", "debug", "info", "notice", "warning", "error", "critical"]), "info",
            "The least that is logged. No digit, whole number or speech is logged at any level."),
        .init("log.format", .words(["text", "json"]), "text", "How a line of the log is written."),
        .init("admin.address", .text, "", "Address and port of metrics and health, such as 127.0.0.1:9090."),
        .init("admin.socket", .text, "", "The Unix socket for operators, of mode 0600."),
        .init(
            "admin.api.address", .text, "", "Address and port of the HTTP interface to contexts, recordings and facts."),
        .init("admin.api.certificate", .text, "", "Its certificate and those above it, PEM."),
        .init("admin.api.key", .text, "", "The file of the certificate's key, PEM."),
        .init(
            "admin.api.links", .text, "",
            "Where agents' screens reach that interface: https://parley.example.com:8443. With it agents get X-Parley-Context, a link to the context."
        ),
        .init(
            "admin.api.links-key", .text, "",
            "Where the secret is that links are signed with, env:NAME or file:PATH: the same on every node. Without it links end with the process."
        ),
        .init("admin.api.link-seconds", .number(10...3_600), "300", "How long such a link holds."),
        .init("admin.api.tokens.*", .text, "", "Where a holder's token is: env:NAME or file:PATH."),
        .init("watch", .flag, "false", "Read agents, trunks and certificates again when their files change."),
    ]

    private static let people: [ConfigurationKey] = [
        .init("people.*.name", .text, "", "An agent's name for people."),
        .init(
            "people.*.address", .text, "",
            "A number or SIP URI that a trunk's gateways reach, or 'phone:ada@example.com' for a phone that registers."),
        .init("people.*.skills", .texts, "[]", "What an agent knows, and how well from 1 to 10: 'billing 7'."),
        .init("people.*.queues", .texts, "[]", "The queues whose calls an agent takes."),
        .init("experts.*.name", .text, "", "An expert's name for people."),
        .init("experts.*.address", .text, "", "How an expert is reached; written as for people."),
        .init("experts.*.skills", .texts, "[]", "What an expert knows, and how well from 1 to 10."),
        .init(
            "experts.*.hours", .texts, "[]",
            "When an expert can be asked, by this machine's clock: 'Mon-Fri 08:00-18:00'."),
        .init("queues.*.name", .text, "", "A queue's name for people."),
        .init(
            "queues.*.hours", .texts, "[]",
            "When it is open: 'Mon-Fri 08:00-18:00', in the time zone of this machine. Without any it always is."),
        .init("queues.*.skills", .texts, "[]", "What every agent must know who takes its calls."),
        .init("queues.*.priority", .number(-100...100), "0", "The higher goes first, whatever the queue."),
        .init("queues.*.music", .text, "", "The audio file that who waits hears again and again."),
        .init("queues.*.language", .text, "en-US", "The language of what is said to who waits, BCP 47."),
        .init("queues.*.announce.after-seconds", .number(1...3_600), "", "When place and wait are announced first."),
        .init(
            "queues.*.announce.every-seconds", .number(5...3_600), "", "How long after one announcement the next comes."
        ),
        .init(
            "queues.*.announce.text", .text, "You are number {position} in line. The wait is about {minutes} minutes.",
            "What is announced."),
        .init("queues.*.comfort.text", .text, "", "Said to who waits, again and again."),
        .init(
            "queues.*.comfort.every-seconds", .number(5...3_600), "60",
            "How long it is until then, and until the next time."),
        .init(
            "queues.*.overflow", .texts, "[]",
            "In order: 'waited 120: queue night', 'length 20: number +15550123', 'closed: voicemail', 'waited 60: callback', 'nobody: dialog'."
        ),
        .init(
            "queues.*.voicemail.text", .text,
            "Nobody can take your call at the moment. Please leave a message after the tone.",
            "Said before the tone when an overflow is 'waited 120: voicemail'."),
        .init("queues.*.voicemail.length-seconds", .number(1...3_600), "120", "The longest that a message may be."),
        .init("queues.*.voicemail.silence-seconds", .number(1...60), "5", "So much silence ends a message."),
        .init(
            "queues.*.callback.offer", .text,
            "To be called back when it is your turn, press 1 and hang up. You keep your place in the line.",
            "Asked of who waits when an overflow is 'waited 60: callback'; the key is 1."),
        .init(
            "queues.*.callback.farewell", .text, "We will call you back when it is your turn. Goodbye.",
            "Said before Parley hangs up."),
        .init(
            "queues.*.callback.greeting", .text, "This is the call back that you asked for. Please stay on the line.",
            "Said to who answers the call-back, while the agent who was kept is called."),
        .init(
            "queues.*.callback.apology", .text,
            "We are sorry, but nobody can take your call now. Please call again.",
            "Said where nobody is there all the same."),
        .init("queues.*.callback.attempts", .number(1...20), "3", "How often a caller is called back."),
        .init("queues.*.callback.pause-seconds", .number(5...86_400), "300", "From one attempt to the next."),
        .init("queues.*.callback.ring-seconds", .number(5...300), "30", "How long the caller's phone may ring."),
        .init(
            "queues.*.callback.expiry-seconds", .number(60...604_800), "14400",
            "How long after joining the queue nobody is called back any more."),
        .init("queues.*.length", .number(1...10_000), "1000", "Calls that wait at once; further ones are refused."),
        .init(
            "queues.*.ring-seconds", .number(3...300), "20",
            "How long a call rings at an agent before the next is asked."),
        .init("queues.*.wrap-up-seconds", .number(0...3_600), "0", "How long an agent has after a call."),
        .init(
            "queues.*.rest-seconds", .number(1...3_600), "30",
            "How long an agent who declined, was busy or could not be reached gets no calls."),
        .init(
            "queues.*.talk-seconds", .number(1...36_000), "180",
            "The length of a talk, for estimates, until some have been seen."),
        .init(
            "queues.*.whisper", .text, "",
            "What an agent is told before the caller is there; {queue} and {message} stand for the queue and the dialog's message."
        ),
    ]

    private static let trunks: [ConfigurationKey] = [
        .init(
            "trunks.*.kind", .words(["trunk", "phones", "teamsDirectRouting"]), "trunk",
            "'trunk' is a provider or contact centre, 'phones' register here, 'teamsDirectRouting' is Microsoft Teams."),
        .init(
            "trunks.*.listen", .texts, "", "Where its SIP comes to: 'udp:192.0.2.1:5060', 'tls:[2001:db8::1]:5061'."),
        .init(
            "trunks.*.advertise", .text, "", "The host, or host:port, that it is told instead: behind a cloud's NAT."),
        .init("trunks.*.dscp", .number(0...63), "24", "The DSCP of SIP."),
        .init("trunks.*.allow", .texts, "", "Who may call: addresses and networks such as 203.0.113.0/24."),
        .init(
            "trunks.*.media.networks", .texts, "",
            "Where media may go before the ACK of the answer; the networks of 'allow' when left out."),
        .init("trunks.*.media.address", .text, "", "Where its media sockets are bound, when not media.address."),
        .init("trunks.*.media.advertise", .text, "", "The address for media that it is told instead."),
        .init(
            "trunks.*.media.codecs", .texts, "[PCMU, PCMA, G722, opus]",
            "Codecs in order of preference: PCMU, PCMA, G722, opus, L16/8000, L16/16000."),
        .init("trunks.*.media.ptime", .number(10...60), "20", "Milliseconds of audio in a packet."),
        .init("trunks.*.media.srtp", .words(["off", "offered", "required"]), "off", "SDES-SRTP."),
        .init(
            "trunks.*.media.latching", .flag, "false",
            "Take media once from the address it comes from, for far ends behind NAT; from then on from no other."),
        .init("trunks.*.credentials.user", .text, "", "The name with which Parley identifies itself."),
        .init("trunks.*.credentials.realm", .text, "", "The realm for which the password is given out, when not any."),
        .init("trunks.*.credentials.password-file", .text, "", "The file whose first line is the password."),
        .init("trunks.*.credentials.password-variable", .text, "", "The environment variable with the password."),
        .init("trunks.*.users.realm", .text, "", "The realm of those who identify themselves to Parley."),
        .init("trunks.*.users.file", .text, "", "Their names and passwords, one 'name: password' a line."),
        .init(
            "trunks.*.users.algorithms", .texts, "[SHA-256, MD5]",
            "Digest algorithms that they are offered, the best first; [MD5] for phones that stumble over others."),
        .init("trunks.*.registration.registrar", .text, "", "Register there: a SIP URI such as sip:example.com."),
        .init("trunks.*.registration.address", .text, "", "The address that is registered: sip:+4930123@example.com."),
        .init("trunks.*.registration.seconds", .number(60...86_400), "600", "For how long a registration is asked."),
        .init("trunks.*.outbound-proxy", .text, "", "The SIP URI that requests to the trunk go through."),
        .init(
            "trunks.*.gateways", .texts, "",
            "Where calls that Parley places go, the best first: 'udp:203.0.113.5:5060'."),
        .init(
            "trunks.*.proxies", .texts,
            "[sip.pstnhub.microsoft.com:5061, sip2.pstnhub.microsoft.com:5061, sip3.pstnhub.microsoft.com:5061]",
            "The SIP proxies of Microsoft Teams in order of preference, by name; for a trunk of that kind alone."),
        .init(
            "trunks.*.probe-seconds", .number(0...3_600), "0",
            "How often gateways are asked by OPTIONS whether they are there; those that are not come last. 60 for Teams."
        ),
        .init("trunks.*.number-shown", .text, "", "The number that those who are called over the trunk see."),
        .init("trunks.*.numbers.*", .text, "", "The agent that answers a number."),
        .init("trunks.*.otherwise", .text, "", "The agent that answers every other number; without it they get 404."),
        .init(
            "trunks.*.answer.first", .words(["answer", "ringing", "early-media"]), "answer",
            "What callers get first: 'answer' at once, 'ringing' (180), or 'early-media' (183), with which they hear the dialog before they are answered; reliably (PRACK) where the far end can."
        ),
        .init(
            "trunks.*.answer.after-seconds", .number(1...30), "2", "How long it rings, or early media lasts."),
        .init(
            "trunks.*.headers.in", .texts, "[X-*, User-to-User]", "Header fields that a call's context gets."),
        .init("trunks.*.headers.out.*", .text, "", "A header field of the answer; {call} stands for the call's name."),
        .init("trunks.*.headers.lower-case", .flag, "false", "The far end knows X- fields in lower case only."),
        .init(
            "trunks.*.transfers.refer", .flag, "",
            "Take REFERs of agents and experts on this trunk; without it those of phones alone are taken."),
        .init(
            "trunks.*.transfers.refer-of-callers", .flag, "false",
            "Take REFERs of callers on this trunk: whom they name takes their place, as far as outbound.allowed has it."
        ),
        .init(
            "trunks.*.transfers.replaces", .flag, "",
            "Let an INVITE with Replaces take the place of a call of this trunk; without it phones alone may."),
        .init(
            "trunks.*.transfers.out", .words(["off", "blind", "attended"]), "off",
            "Hand callers of this trunk on by REFER: 'blind' to numbers, 'attended' also with Replaces to who was consulted; Parley bridges when that fails, and with 'off'."
        ),
        .init(
            "trunks.*.transfers.hold", .words(["media", "reinvite"]), "media",
            "How those are put on hold whom Parley speaks with over the trunk: 'media' plays music and says nothing, 'reinvite' also tells the far end, which then sends nothing, keys neither."
        ),
        .init("trunks.*.tls.certificate", .text, "", "The certificate of TLS listeners and those above it, PEM."),
        .init("trunks.*.tls.key", .text, "", "The file of its key, PEM."),
        .init("trunks.*.tls.trust", .text, "", "Certificate authorities, PEM, when not the system's."),
        .init(
            "trunks.*.tls.client-certificate", .words(["off", "required"]), "off",
            "Whether the far end must show a certificate that 'trust' vouches for."),
        .init(
            "trunks.*.tls.accept-server-certificates", .flag, "false",
            "Take a far end's certificate that has no clientAuth usage."),
        .init("trunks.*.tls.server-name", .text, "", "The name that the far end must prove when Parley calls it."),
    ]
}
