import CallFlow
import FrontEnd
import Telephony
import Testing

@testable import CallControl

@Suite("Prompt player")
struct PromptPlayerTests {
    private func playback(_ number: Int) -> Playback {
        Playback(
            id: PlaybackID(number), source: .audioFile(path: "x"), topic: "t", action: "a", bargeIn: .keysAndSpeech)
    }

    private func player(playing samples: [Int16]) -> PromptPlayer {
        var player = PromptPlayer(sampleRate: 8_000)
        player.enqueue(playback(1))
        player.provide(PCMAudio(sampleRate: 8_000, samples: samples), for: PlaybackID(1))
        return player
    }

    private func frame(_ player: inout PromptPlayer) -> [Int16] {
        var frame = [Int16](repeating: 0, count: 160)
        player.play(into: &frame)
        return frame
    }

    @Test("a prompt that is stopped fades over 5 ms of the very next packet and is gone")
    func stop() {
        var player = player(playing: [Int16](repeating: 8_000, count: 8_000))
        _ = frame(&player)
        _ = frame(&player)
        player.stop(.bargeIn)
        let next = frame(&player)
        #expect(next[..<40].allSatisfy { $0 > 0 })
        #expect(zip(next, next[1..<40]).allSatisfy { $0 >= $1 })
        #expect(next[40...].allSatisfy { $0 == 0 })
        #expect(frame(&player).allSatisfy { $0 == 0 })
        #expect(player.isIdle)
    }

    @Test("no prompt begins or ends with a click, whatever its audio", arguments: [1, 79, 80, 160, 1_000])
    func edges(length: Int) {
        var player = player(playing: [Int16](repeating: 20_000, count: length))
        var all: [Int16] = [0]
        while !player.isIdle { all += frame(&player) }
        let step = zip(all, all.dropFirst()).map { abs(Int($0) - Int($1)) }.max() ?? 0
        #expect(step <= 20_000 / max(1, min(40, length / 2)) + 1)
    }

    @Test("it gives a frame as a part of a prompt: not where that fades, where two meet, or where nothing plays")
    func place() {
        var player = player(playing: [Int16](repeating: 8_000, count: 720))
        player.enqueue(playback(2))
        player.provide(PCMAudio(sampleRate: 8_000, samples: [Int16](repeating: 4_000, count: 960)), for: PlaybackID(2))
        var places: [Int?] = []
        for _ in 0..<12 {
            let whole = player.nextWhole(160)
            if whole == nil { _ = frame(&player) }
            places.append(whole?.position)
        }
        // The first is over in the middle of the fifth frame, and the second begins with the sixth.
        #expect(places == [nil, 160, 320, 480, nil, nil, 160, 320, 480, 640, nil, nil])
        player.enqueue(playback(3))
        player.provide(PCMAudio(sampleRate: 8_000, samples: [Int16](repeating: 4_000, count: 960)), for: PlaybackID(3))
        for _ in 0..<3 { _ = frame(&player) }
        player.stop(.bargeIn)
        let fading = player.nextWhole(160)
        #expect(fading == nil)
    }

    @Test("one prompt follows the other with the next frame, and each is told with its beginning and its end")
    func sequence() {
        var player = player(playing: [Int16](repeating: 1_000, count: 200))
        player.enqueue(playback(2))
        player.provide(PCMAudio(sampleRate: 8_000, samples: [Int16](repeating: 1_000, count: 100)), for: PlaybackID(2))
        for _ in 0..<3 { _ = frame(&player) }
        var told: [String] = []
        while let event = player.nextEvent() {
            switch event.kind {
            case .started: told.append("start \(event.playback.id.rawValue) at \(event.offset)")
            case .dropped: told.append("dropped \(event.playback.id.rawValue)")
            case .ended(let heard, _, _): told.append("end \(event.playback.id.rawValue) after \(heard)")
            }
        }
        #expect(told == ["start 1 at 0", "end 1 after 200", "start 2 at 0", "end 2 after 100"])
    }

    @Test("a prompt without a sample leaves its frame to the next")
    func empty() {
        var player = player(playing: [])
        player.enqueue(playback(2))
        player.provide(PCMAudio(sampleRate: 8_000, samples: [Int16](repeating: 1_000, count: 400)), for: PlaybackID(2))
        let first = frame(&player)
        #expect(first[40...].allSatisfy { $0 == 1_000 })
    }
}
