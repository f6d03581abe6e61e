import CallFlow
import DSP
import DequeModule
import FrontEnd
import Telephony

/// What a leg is being told: prompts in order, each waiting for its audio or playing.
///
/// Adds into a frame, so that several sources can be mixed. Begins and ends every prompt with a short fade, so that no
/// file and no interruption clicks. A prompt begins with a frame: what is known of its frames beforehand, how they are
/// encoded and what their echo is like, then holds for every call that plays it.
struct PromptPlayer {
    private struct Entry {
        var playback: Playback
        var audio: PCMAudio?
        let isSecret: Bool
        var position = 0
        var hasStarted = false

        init(playback: Playback, audio: PCMAudio?) {
            self.playback = playback
            self.audio = audio
            isSecret = if case .text(let spoken) = playback.source { spoken.isSensitive } else { false }
        }
    }

    /// The part of a prompt that does not fade.
    private struct Stretch {
        let audio: PCMAudio
        var position: Int
        /// Behind its last sample.
        let end: Int
        let isSecret: Bool
    }

    /// What happened to a prompt during a frame, at an offset in samples from the frame's beginning.
    struct Event {
        enum Kind {
            case started
            case ended(heardSamples: Int, lengthInSamples: Int, PromptEndReason)
            /// It was taken from the queue before it began.
            case dropped
        }
        var playback: Playback
        var kind: Kind
        var offset: Int
    }

    private var queue: Deque<Entry> = []
    /// What the first of the queue is in the middle of, here because a tick need then look no further; its position in the
    /// queue is behind.
    private var stretch: Stretch?
    /// The prompt that was stopped and still has its fade-out to play, at most ``fadeSamples`` of it.
    private var fading: (audio: PCMAudio, position: Int, rest: Int, isSecret: Bool)?
    /// Whether something secret is heard in the last frame.
    private(set) var saysSecret = false
    private var events: Deque<Event> = []
    /// There is a ``nextEvent()``.
    private(set) var hasEvents = false
    private let fadeSamples: Int
    private let sampleRate: Int

    init(sampleRate: Int) {
        self.sampleRate = sampleRate
        fadeSamples = sampleRate * 5 / 1_000
    }

    /// Nothing is playing, waiting or fading.
    var isIdle: Bool { stretch == nil && queue.isEmpty && fading == nil }
    /// The prompt that the caller hears now, or is about to.
    var current: Playback? { queue.first?.playback }

    mutating func enqueue(_ playback: Playback) {
        queue.append(Entry(playback: playback, audio: silence(for: playback.source)))
    }

    private func silence(for source: PromptSource) -> PCMAudio? {
        guard case .silence(let milliseconds) = source else { return nil }
        let count = max(0, min(milliseconds, 60_000)) * sampleRate / 1_000
        return PCMAudio(sampleRate: sampleRate, samples: [Int16](repeating: 0, count: count))
    }

    /// Whether a queued prompt says a secret.
    func isSecret(_ id: PlaybackID) -> Bool { queue.contains { $0.playback.id == id && $0.isSecret } }

    /// The audio of a queued prompt has come.
    mutating func provide(_ audio: PCMAudio, for id: PlaybackID) {
        endStretch()
        guard let index = queue.firstIndex(where: { $0.playback.id == id }) else { return }
        queue[index].audio = audio
    }

    /// Drops a prompt whose audio cannot be had.
    mutating func drop(_ id: PlaybackID) -> Bool {
        endStretch()
        guard let index = queue.firstIndex(where: { $0.playback.id == id }) else { return false }
        queue.remove(at: index)
        return true
    }

    /// Stops everything: the next frame has at most a fade of 5 ms. Returns the prompt that was heard, if any.
    @discardableResult
    mutating func stop(_ reason: PromptEndReason) -> Playback? {
        endStretch()
        guard let first = queue.first else { return nil }
        if let audio = first.audio, first.hasStarted {
            if first.position < audio.samples.count {
                fading = (
                    audio, first.position, min(fadeSamples, audio.samples.count - first.position), first.isSecret
                )
            }
            end(first, reason, offset: 0)
        }
        for entry in queue where !entry.hasStarted {
            add(Event(playback: entry.playback, kind: .dropped, offset: 0))
        }
        queue.removeAll(keepingCapacity: true)
        return first.playback
    }

    private mutating func end(_ entry: Entry, _ reason: PromptEndReason, offset: Int) {
        let length = entry.audio?.samples.count ?? 0
        let kind = Event.Kind.ended(heardSamples: entry.position, lengthInSamples: length, reason)
        add(Event(playback: entry.playback, kind: kind, offset: offset))
    }

    private mutating func add(_ event: Event) {
        events.append(event)
        hasEvents = true
    }

    mutating func nextEvent() -> Event? {
        guard hasEvents else { return nil }
        let event = events.popFirst()
        hasEvents = !events.isEmpty
        return event
    }

    private mutating func beginStretch() {
        guard fading == nil, !queue.isEmpty, queue[0].hasStarted, let audio = queue[0].audio else { return }
        let (position, end) = (queue[0].position, audio.samples.count - max(1, edge(of: audio)))
        guard position >= edge(of: audio), position < end else { return }
        stretch = Stretch(audio: audio, position: position, end: end, isSecret: queue[0].isSecret)
    }

    private mutating func endStretch() {
        guard let stretch else { return }
        queue[0].position = stretch.position
        self.stretch = nil
    }

    /// Plays a frame that is a part of a prompt as it is: not where that begins or ends, where two meet, or where nothing
    /// plays.
    ///
    /// - Returns: `nil` when the frame has to be made by ``play(into:)``.
    mutating func nextWhole(_ count: Int) -> PromptPlace? {
        guard let current = stretch, current.position + count <= current.end else { return nil }
        stretch?.position += count
        saysSecret = current.isSecret
        return PromptPlace(audio: current.audio, position: current.position, count: count)
    }

    /// A frame in which nothing is played.
    mutating func playNothing() { saysSecret = false }

    /// Samples over which a prompt's beginning and its end fade.
    private func edge(of audio: PCMAudio) -> Int { min(fadeSamples, audio.samples.count / 2) }

    /// Adds what is playing to a frame.
    mutating func play(into frame: inout [Int16]) {
        endStretch()
        defer { beginStretch() }
        saysSecret = fading?.isSecret ?? false
        playFade(into: &frame)
        var offset = 0
        // Behind the end of a prompt the frame stays silent; only one without a sample leaves it to the next.
        while offset == 0, !queue.isEmpty, let audio = queue[0].audio {
            if !queue[0].hasStarted {
                queue[0].hasStarted = true
                add(Event(playback: queue[0].playback, kind: .started, offset: offset))
            }
            saysSecret = saysSecret || queue[0].isSecret
            let position = queue[0].position
            let count = min(frame.count, audio.samples.count - position)
            add(audio, from: position, count: count, to: &frame)
            queue[0].position = position + count
            offset = count
            guard queue[0].position == audio.samples.count else { break }
            end(queue[0], .completed, offset: offset)
            queue.removeFirst()
        }
    }

    private mutating func add(_ audio: PCMAudio, from position: Int, count: Int, to frame: inout [Int16]) {
        let samples = audio.samples
        let edge = edge(of: audio)
        guard position < edge || position + count > samples.count - edge else {
            var room = frame.mutableSpan
            return room.mix(adding: samples.span.extracting(position..<position + count))
        }
        for index in 0..<count {
            let sample = PromptPlayer.faded(samples, at: position + index, edge: edge)
            frame[index] = Int16(clamping: Int32(frame[index]) &+ sample)
        }
    }

    private mutating func playFade(into frame: inout [Int16]) {
        guard let (audio, position, rest, _) = fading else { return }
        fading = nil
        let samples = audio.samples
        let edge = edge(of: audio)
        for index in 0..<min(rest, frame.count) {
            let sample = PromptPlayer.faded(samples, at: position + index, edge: edge)
            let falling = sample &* Int32(rest - index) / Int32(rest + 1)
            frame[index] = Int16(clamping: Int32(frame[index]) &+ falling)
        }
    }

    /// A sample with the fade of a prompt's first and last `edge` samples.
    private static func faded(_ samples: [Int16], at position: Int, edge: Int) -> Int32 {
        let sample = Int32(samples[position])
        let fromEdge = min(position, samples.count - 1 - position)
        return fromEdge < edge ? sample &* Int32(fromEdge) / Int32(edge) : sample
    }
}
