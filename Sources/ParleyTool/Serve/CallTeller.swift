import Glibc
import Service
import Synchronization
import Telephony

/// Tells calls on standard output when somebody asked for it.
final class CallTeller: CallObserver {
    private let writesJSON: Bool
    private let tellsStory: Bool
    private let stories = Mutex<[CallID: Story]>([:])

    init(tellsStory: Bool, writesJSON: Bool) {
        self.tellsStory = tellsStory
        self.writesJSON = writesJSON
    }

    func happened(_ event: CallEvent) {
        if writesJSON, let line = try? JSONLines().line(event) { Terminal.print(line) }
        guard tellsStory else { return }
        stories.withLock { stories in
            var story = stories[event.call] ?? Story(style: .of(STDOUT_FILENO), showsEveryAction: false)
            for line in story.lines(for: event) { Terminal.print(line) }
            stories[event.call] = story
        }
    }

    func sealed(_ context: CallContext) {
        stories.withLock { $0[context.call] = nil }
        if writesJSON, let line = try? JSONLines().line(["context": context]) { Terminal.print(line) }
    }
}
